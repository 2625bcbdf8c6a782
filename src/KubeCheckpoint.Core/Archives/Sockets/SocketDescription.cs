using System.Net;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Descriptors;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;
using KubeCheckpoint.Criu.Sockets;

namespace KubeCheckpoint.Archives.Sockets;

/// <summary>Builds the description of a socket from the images of a checkpoint.</summary>
internal sealed class SocketDescription(CheckpointImages images)
{
    private const uint Tcp = 6;

    private readonly SocketQueues _queues = new(images);
    private readonly Dictionary<uint, Dictionary<uint, string>> _interfaces = [];
    private SocketPeers? _peers;

    private SocketPeers Peers => _peers ??= new SocketPeers(images);

    /// <summary>The socket of a descriptor, or null where it is not a socket.</summary>
    public CheckpointSocket? Of(ProcessDescriptor descriptor) => descriptor.File switch
    {
        { Isk: { } socket } => Of(descriptor, socket),
        { Usk: { } socket } => Of(descriptor, socket),
        { Nlsk: { } socket } => Of(descriptor, socket),
        { Psk: { } socket } => Of(descriptor, socket),
        _ => null,
    };

    private CheckpointSocket Of(ProcessDescriptor descriptor, InetSkEntry socket)
    {
        var stream = socket.Proto == Tcp ? _queues.StreamOf(socket.Ino) : null;
        var remote = InternetAddress.Of(socket.Family, socket.DstAddr);
        var isConnected = remote is not null && (socket.DstPort != 0 || !IsAny(remote));
        var peer = isConnected ? Peers.Of(socket) : null;
        return Common(descriptor, socket.Opts) with
        {
            Family = FamilyOf(socket.Family),
            SocketType = TypeOf(socket.Type),
            Protocol = ProtocolNames.OfInternet(socket.Proto),
            State = SocketStates.OfInternet(socket.State),
            LocalAddress = InternetAddress.Of(socket.Family, socket.SrcAddr)?.ToString(),
            LocalPort = PortOf(socket.SrcPort),
            RemoteAddress = isConnected ? remote!.ToString() : null,
            RemotePort = isConnected ? PortOf(socket.DstPort) : null,
            Inode = socket.Ino,
            PeerProcessId = peer?.ProcessId,
            PeerDescriptor = peer?.Descriptor,
            Interface = NonEmpty(socket.Ifname) ?? NonEmpty(socket.Opts?.SoBoundDev),
            ReceiveQueue = socket.Proto == Tcp ? stream?.InqLen ?? 0 : null,
            SendQueue = socket.Proto == Tcp ? stream?.OutqLen ?? 0 : null,
            Backlog = BacklogOf(socket.State, socket.Backlog),
            V6Only = socket.Family == InternetAddress.IPv6 ? socket.V6Only : null,
            Shutdown = ShutdownOf(socket.Shutdown),
            Options = SocketOptions.Of(socket),
            NetworkNamespace = socket.HasNsId ? socket.NsId : null,
        };
    }

    private CheckpointSocket Of(ProcessDescriptor descriptor, UnixSkEntry socket)
    {
        var queue = _queues.ReceivedBy(socket.Id);
        var peer = socket.Peer == 0 ? null : Peers.OfUnix(socket.Peer);
        return Common(descriptor, socket.Opts) with
        {
            Family = SocketFamily.Unix,
            SocketType = TypeOf(socket.Type),
            State = SocketStates.OfUnix(socket.State),
            Path = SocketName.Of(socket.Name.Span, socket.NameDir),
            Inode = socket.Ino,
            PeerInode = socket.Peer == 0 ? null : socket.Peer,
            PeerProcessId = peer?.ProcessId,
            PeerDescriptor = peer?.Descriptor,
            ReceiveQueue = queue.Bytes,
            ReceivePackets = queue.Packets,
            Backlog = BacklogOf(socket.State, socket.Backlog),
            Shutdown = ShutdownOf(socket.Shutdown),
            Options = SocketOptions.Of(socket),
            NetworkNamespace = socket.HasNsId ? socket.NsId : null,
        };
    }

    private CheckpointSocket Of(ProcessDescriptor descriptor, NetlinkSkEntry socket)
    {
        var queue = _queues.ReceivedBy(socket.Id);
        return Common(descriptor, socket.Opts) with
        {
            Family = SocketFamily.Netlink,
            // SOCK_RAW and SOCK_DGRAM are equivalent for netlink, and CRIU does not record which it was.
            SocketType = SocketType.Raw,
            Protocol = ProtocolNames.OfNetlink(socket.Protocol),
            State = SocketStates.OfNetlink(socket.State),
            LocalPort = PortOf(socket.Portid),
            RemotePort = PortOf(socket.DstPortid),
            Inode = socket.Ino,
            ReceiveQueue = queue.Bytes,
            ReceivePackets = queue.Packets,
            Options = SocketOptions.Of(socket),
            NetworkNamespace = socket.HasNsId ? socket.NsId : null,
        };
    }

    private CheckpointSocket Of(ProcessDescriptor descriptor, PacketSockEntry socket) => Common(descriptor, socket.Opts) with
    {
        Family = SocketFamily.Packet,
        SocketType = TypeOf(socket.Type),
        Protocol = ProtocolNames.OfFrames(socket.Protocol),
        Interface = socket.Ifindex == 0 ? NonEmpty(socket.Opts?.SoBoundDev) : InterfaceOf(socket),
        Options = SocketOptions.Of(socket),
        NetworkNamespace = socket.HasNsId ? socket.NsId : null,
    };

    private CheckpointSocket Common(ProcessDescriptor descriptor, SkOptsEntry? options) => new()
    {
        ArchivePath = images.Content.Path,
        ProcessId = descriptor.ProcessId,
        ProcessName = descriptor.ProcessName,
        Descriptor = descriptor.Number,
        Family = SocketFamily.Unknown,
        SocketType = SocketType.Unknown,
        State = "UNCONNECTED",
        Interface = NonEmpty(options?.SoBoundDev),
        Options = [],
        FileId = descriptor.Entry.Id,
    };

    private string InterfaceOf(PacketSockEntry socket)
    {
        if (!_interfaces.TryGetValue(socket.NsId, out var names))
            _interfaces.Add(socket.NsId, names = ReadInterfaces(socket.NsId));
        return names.GetValueOrDefault(socket.Ifindex) ?? DetailText.Of(socket.Ifindex);
    }

    private Dictionary<uint, string> ReadInterfaces(uint networkNamespaceId) =>
        (images.ReadAll<NetDeviceEntry>($"netdev-{DetailText.Of(networkNamespaceId)}.img", CriuImageType.ByName["NETDEV"]) ?? [])
            .DistinctBy(device => device.Ifindex).ToDictionary(device => device.Ifindex, device => device.Name);

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static SocketFamily FamilyOf(uint family) => family switch
    {
        InternetAddress.IPv4 => SocketFamily.IPv4,
        InternetAddress.IPv6 => SocketFamily.IPv6,
        _ => SocketFamily.Unknown,
    };

    private static SocketType TypeOf(uint type) => (SocketType)type is var known && Enum.IsDefined(known) ? known : SocketType.Unknown;

    private static SocketShutdown ShutdownOf(SkShutdown shutdown) => (SocketShutdown)(int)shutdown & SocketShutdown.Both;

    private static long? PortOf(uint port) => port == 0 ? null : port;

    private static long? BacklogOf(uint state, uint backlog) => state == SocketStates.Listen ? backlog : null;

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
