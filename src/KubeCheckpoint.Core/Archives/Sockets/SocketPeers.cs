using System.Net;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Messages;
using KubeCheckpoint.Criu.Sockets;

namespace KubeCheckpoint.Archives.Sockets;

/// <summary>Finds the peers of sockets in the same archive, in any process.</summary>
internal sealed class SocketPeers
{
    private readonly Dictionary<uint, (int ProcessId, int Descriptor)> _holders = [];
    private readonly Dictionary<uint, uint> _unixSockets = [];
    private readonly Dictionary<(uint, uint, IPEndPoint, IPEndPoint), uint> _connections = [];

    public SocketPeers(CheckpointImages images)
    {
        // Processes that share their descriptors have the same table.
        foreach (var task in images.Tasks.DistinctBy(task => images.Ids(task.Pid)?.FilesId))
        {
            foreach (var entry in images.Descriptors(task.Pid))
                _holders.TryAdd(entry.Id, ((int)task.Pid, (int)entry.Fd));
        }
        foreach (var (id, file) in images.Files.Where(file => _holders.ContainsKey(file.Key)))
        {
            if (file.Usk is { } socket)
                _unixSockets.TryAdd(socket.Ino, id);
            if (file.Isk is { } connection && EndsOf(connection) is var (local, remote))
                _connections.TryAdd((connection.NsId, connection.Proto, local, remote), id);
        }
    }

    /// <summary>The owner of the unix socket with an inode.</summary>
    public (int ProcessId, int Descriptor)? OfUnix(uint inode) => _unixSockets.TryGetValue(inode, out var id) ? _holders[id] : null;

    /// <summary>The owner of the other end of a connection within the container.</summary>
    public (int ProcessId, int Descriptor)? Of(InetSkEntry socket) =>
        EndsOf(socket) is var (local, remote) && _connections.TryGetValue((socket.NsId, socket.Proto, remote, local), out var id) ? _holders[id] : null;

    private static (IPEndPoint Local, IPEndPoint Remote)? EndsOf(InetSkEntry socket) =>
        EndOf(socket.Family, socket.SrcAddr, socket.SrcPort) is { } local && EndOf(socket.Family, socket.DstAddr, socket.DstPort) is { } remote
            ? (local, remote)
            : null;

    // An IPv4-mapped address may be the peer of an IPv4 address.
    private static IPEndPoint? EndOf(uint family, IReadOnlyList<uint> words, uint port)
    {
        if (port is 0 or > IPEndPoint.MaxPort || InternetAddress.Of(family, words) is not { } address)
            return null;
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, (int)port);
    }
}
