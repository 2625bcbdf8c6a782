using System.Globalization;
using System.Text.Json;
using KubeCheckpoint.Archives.Sockets;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Sockets;

/// <summary>Compares the sockets of real archives with /proc and checkpointctl.</summary>
public sealed class SocketTests
{
    public static TheoryData<string> Archives => Fixture.Archives;

    public static TheoryData<string> WithTruth => Reference.WithTruth;

    [Theory]
    [MemberData(nameof(WithTruth))]
    public void Agree_with_proc(string archive)
    {
        var expected = Reference.Truth(archive).GetProperty("processes").EnumerateArray()
            .SelectMany(process => process.GetProperty("fds").EnumerateArray()
                .Where(fd => fd.TryGetProperty("socket", out _))
                .Select(fd => $"{process.GetProperty("pid")} {fd.GetProperty("fd")} {fd.GetProperty("target")} {Words(fd.GetProperty("socket"))}"));

        Assert.Equal(expected, Read(archive).Select(socket => $"{socket.ProcessId} {socket.Descriptor} socket:[{socket.Inode}] {Words(socket)}"));
    }

    [Theory]
    [MemberData(nameof(WithTruth))]
    public void Are_all_that_the_network_namespace_had(string archive)
    {
        var expected = Reference.Truth(archive).GetProperty("namespace_sockets").EnumerateArray().Select(Words).Distinct().Order();

        Assert.Equal(expected, Read(archive).Select(Words).Where(words => words != NotInTables).Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Agree_with_checkpointctl(string archive)
    {
        var expected = Reference.Inspect(archive).TryGetProperty("sockets", out var sockets)
            ? sockets.EnumerateArray().SelectMany(process => process.GetProperty("open_sockets").EnumerateArray()
                .Select(socket => $"{process.GetProperty("pid")} {InspectWords(socket.GetProperty("data"))}"))
            : [];

        Assert.Equal(expected, Read(archive).Select(socket => $"{socket.ProcessId} {InspectWords(socket)}"));
    }

    [Fact]
    public void The_zoo_has_its_details()
    {
        var sockets = Read("zoo-crio.tar").Where(socket => socket.ProcessId == 1).ToDictionary(socket => socket.Descriptor);

        Assert.Equal((594171L, 1, 11, 0L), (sockets[10].PeerInode, sockets[10].PeerProcessId, sockets[10].PeerDescriptor, sockets[10].ReceiveQueue));
        Assert.Equal((594170L, 1, 10, 18L, 1), (sockets[11].PeerInode, sockets[11].PeerProcessId, sockets[11].PeerDescriptor, sockets[11].ReceiveQueue, sockets[11].ReceivePackets));
        Assert.Equal(("* 594171", "* 594170"), (sockets[11].LocalEndpoint, sockets[11].RemoteEndpoint));
        Assert.Equal(("/run/zoo/zoo.sock", "*"), (sockets[14].LocalEndpoint, sockets[14].RemoteEndpoint));
        Assert.Equal(7, sockets[14].Backlog);
        Assert.Null(sockets[10].Backlog);
        Assert.Equal(["reuseaddr"], sockets[17].Options);
        Assert.Equal((9, 0L, 0L), (sockets[17].Backlog, sockets[17].ReceiveQueue, sockets[17].SendQueue));
        Assert.Equal((true, "[::]:9302", "*"), (sockets[19].V6Only, sockets[19].LocalEndpoint, sockets[19].RemoteEndpoint));
        Assert.Equal(("127.0.0.1", 9399L, null), (sockets[21].RemoteAddress, sockets[21].RemotePort, sockets[21].ReceiveQueue));
        Assert.Equal("0.0.0.0:*", sockets[23].LocalEndpoint);
        Assert.All(sockets.Values, socket => Assert.Equal((10L, "zoo-main", SocketShutdown.None), (socket.NetworkNamespace, socket.ProcessName, socket.Shutdown)));
    }

    internal static List<CheckpointSocket> Read(string archive) => ReadPath(Fixture.PathOf(archive));

    internal static List<CheckpointSocket> ReadPath(string path) => [.. SocketReader.Read(path, (_, _) => true, CancellationToken.None)];

    // A TCP socket that is neither bound nor connected is in no table of /proc/net.
    private const string NotInTables = "not in tcp/udp/unix tables";

    private static string Words(JsonElement truth)
    {
        if (truth.ValueKind == JsonValueKind.String)
            return truth.GetString()!;
        var protocol = truth.GetProperty("proto").GetString();
        if (protocol == "unix")
        {
            var state = truth.GetProperty("listening").GetBoolean() ? "LISTEN" : truth.GetProperty("state").GetString();
            return $"unix {truth.GetProperty("type")} {state} {truth.GetProperty("path")}";
        }
        // "tx:rx" in hexadecimal.
        var queues = truth.GetProperty("queues").GetString()!.Split(':').Select(queue => long.Parse(queue, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToList();
        return $"{protocol} {truth.GetProperty("local")}:{truth.GetProperty("lport")} {truth.GetProperty("remote")}:{truth.GetProperty("rport")} "
            + $"{truth.GetProperty("state")} {queues[0]} {queues[1]}";
    }

    private static string Words(CheckpointSocket socket)
    {
        if (socket.Family == SocketFamily.Unix)
            return $"unix {(socket.SocketType == SocketType.Datagram ? "dgram" : socket.SocketType.ToString().ToLowerInvariant())} {socket.State} {socket.Path}";
        if (socket is { Protocol: "TCP", State: "CLOSE", LocalPort: null })
            return NotInTables;
        var protocol = socket.Protocol!.ToLowerInvariant() + (socket.Family == SocketFamily.IPv6 ? "6" : "");
        var any = socket.Family == SocketFamily.IPv6 ? "::" : "0.0.0.0";
        return $"{protocol} {socket.LocalAddress}:{socket.LocalPort} {socket.RemoteAddress ?? any}:{socket.RemotePort ?? 0} {socket.State} {socket.SendQueue ?? 0} {socket.ReceiveQueue ?? 0}";
    }

    private static string InspectWords(JsonElement data)
    {
        string? Field(string name) => data.TryGetProperty(name, out var value) ? value.ToString() : null;
        if (Field("type") == "UNIX")
            return $"UNIX {Field("address")?.TrimEnd('\0').Replace('\0', '@')}";
        // checkpointctl reads the words of an IPv6 address in the wrong byte order: it prints ::1 as 0:1::.
        var source = Field("src") == "0:1::" ? "::1" : Field("src");
        return $"{Field("type")} {Field("state")} {source} {Field("src_port")} {Field("dst")} {Field("dst_port")}";
    }

    private static string InspectWords(CheckpointSocket socket)
    {
        if (socket.Family == SocketFamily.Unix)
            return $"UNIX {socket.Path}";
        var any = socket.Family == SocketFamily.IPv6 ? "::" : "0.0.0.0";
        return $"{socket.Protocol} {socket.State} {socket.LocalAddress} {socket.LocalPort} {socket.RemoteAddress ?? any} {socket.RemotePort}";
    }
}
