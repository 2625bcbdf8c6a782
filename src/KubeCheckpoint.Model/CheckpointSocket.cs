using System.Globalization;

namespace KubeCheckpoint;

/// <summary>A socket of a checkpointed process. One that several descriptors or processes share appears once for each.</summary>
public sealed record CheckpointSocket
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The process's id in its own pid namespace.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The process's name (comm).</summary>
    public required string ProcessName { get; init; }

    /// <summary>The number of the descriptor.</summary>
    public required int Descriptor { get; init; }

    /// <summary>The address family.</summary>
    public required SocketFamily Family { get; init; }

    /// <summary>The type.</summary>
    public required SocketType SocketType { get; init; }

    /// <summary>
    /// The protocol: <c>TCP</c>, <c>UDP</c>, <c>UDPLITE</c>, <c>ICMP</c>; for netlink its family without NETLINK_, such as
    /// <c>ROUTE</c>; for packet sockets, that of the frames, such as <c>ALL</c>, <c>IP</c> or <c>0x88cc</c>. A number where it has no
    /// known name; null for unix sockets.
    /// </summary>
    public string? Protocol { get; init; }

    /// <summary>
    /// The kernel's name of the state: <c>ESTABLISHED</c>, <c>LISTEN</c>, <c>CLOSE</c> and so on for TCP and UDP, where CLOSE is what
    /// ss calls UNCONN; <c>CONNECTED</c>, <c>LISTEN</c> or <c>UNCONNECTED</c> for unix and netlink.
    /// </summary>
    public required string State { get; init; }

    /// <summary>The address it is bound to, <c>0.0.0.0</c> or <c>::</c> for all; null for other than IP sockets.</summary>
    public string? LocalAddress { get; init; }

    /// <summary>The port it is bound to, or a netlink socket's port id; null where there is none.</summary>
    public long? LocalPort { get; init; }

    /// <summary>The address it is connected to, or null.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>The port it is connected to, or the port id of a netlink socket's peer, or null.</summary>
    public long? RemotePort { get; init; }

    /// <summary>
    /// The name of a unix socket: a path, or <c>@name</c> for one of the abstract namespace, NULs as @, as ss and /proc/net/unix show
    /// it. Null for one without a name, and for other families.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>The inode of the socket, or null where the archive does not say (packet sockets).</summary>
    public long? Inode { get; init; }

    /// <summary>The inode of the unix socket it is connected to, or null.</summary>
    public long? PeerInode { get; init; }

    /// <summary>A process that has the other end, where that is in the archive too; null where not.</summary>
    public int? PeerProcessId { get; init; }

    /// <summary>The descriptor of the other end in <see cref="PeerProcessId"/>.</summary>
    public int? PeerDescriptor { get; init; }

    /// <summary>The network interface it is bound to, by name or, where the archive has no name, by index; null where to none.</summary>
    public string? Interface { get; init; }

    /// <summary>How many bytes were received and not yet read; null where CRIU does not keep them (UDP and raw).</summary>
    public long? ReceiveQueue { get; init; }

    /// <summary>How many messages those bytes are; null for TCP, and where CRIU does not keep them.</summary>
    public int? ReceivePackets { get; init; }

    /// <summary>
    /// How many bytes were written and not yet acknowledged; null where CRIU does not keep them. What was written to a unix socket is
    /// in its peer's <see cref="ReceiveQueue"/>.
    /// </summary>
    public long? SendQueue { get; init; }

    /// <summary>How many connections may wait for an accept; null where it does not listen.</summary>
    public long? Backlog { get; init; }

    /// <summary>True where an IPv6 socket does not accept IPv4; null for other families.</summary>
    public bool? V6Only { get; init; }

    /// <summary>Which directions were shut down.</summary>
    public SocketShutdown Shutdown { get; init; }

    /// <summary>
    /// Options that are set, by their names in <c>socket(7)</c>, <c>ip(7)</c> and <c>tcp(7)</c> in lower case: <c>reuseaddr</c>,
    /// <c>keepalive</c>, <c>passcred</c>, <c>nodelay</c>, <c>mark=1</c>.
    /// </summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>CRIU's number of the network namespace, or null where the archive does not say.</summary>
    public long? NetworkNamespace { get; init; }

    /// <summary>CRIU's number of the open file description: <see cref="CheckpointOpenFile.FileId"/>.</summary>
    public required long FileId { get; init; }

    /// <summary>
    /// The local end as ss shows it: <c>127.0.0.1:80</c>, <c>[::1]:80</c>, <c>0.0.0.0:*</c>, a path, <c>* inode</c> for a unix socket
    /// without a name.
    /// </summary>
    public string LocalEndpoint => Path ?? (Family == SocketFamily.Unix ? Anonymous(Inode) : Endpoint(LocalAddress, LocalPort));

    /// <summary>The remote end in the same form; <c>*</c> where there is none.</summary>
    public string RemoteEndpoint => Family == SocketFamily.Unix ? Anonymous(PeerInode) : Endpoint(RemoteAddress, RemotePort);

    /// <summary>Family, ends and state.</summary>
    public override string ToString() => TerminalText.Line($"{Protocol ?? Family.ToString()} {LocalEndpoint} {RemoteEndpoint} {State}");

    private static string Anonymous(long? inode) => inode is null ? "*" : string.Create(CultureInfo.InvariantCulture, $"* {inode}");

    private static string Endpoint(string? address, long? port)
    {
        var number = port?.ToString(CultureInfo.InvariantCulture) ?? "*";
        if (address is null)
            return number;
        return address.Contains(':', StringComparison.Ordinal) ? $"[{address}]:{number}" : $"{address}:{number}";
    }
}
