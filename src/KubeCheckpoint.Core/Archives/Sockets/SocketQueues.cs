using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Sockets;

/// <summary>How much data is queued in sockets. The data itself is skipped.</summary>
internal sealed class SocketQueues(CheckpointImages images)
{
    private Dictionary<uint, (long Bytes, int Packets)>? _received;

    /// <summary>The messages queued in a unix or netlink socket (sk-queues.img).</summary>
    public (long Bytes, int Packets) ReceivedBy(uint fileId) => (_received ??= Read()).GetValueOrDefault(fileId);

    /// <summary>The data queued in both directions of a TCP connection, or null for a socket that CRIU did not dump as a connection.</summary>
    public TcpStreamEntry? StreamOf(uint inode) => images.ReadFirst<TcpStreamEntry>(
        string.Create(CultureInfo.InvariantCulture, $"tcp-stream-{inode:x}.img"), CriuImageType.TcpStream);

    private Dictionary<uint, (long, int)> Read()
    {
        var queues = new Dictionary<uint, (long Bytes, int Packets)>();
        if (images.Content.FindImage("sk-queues.img") is not { } member)
            return queues;
        var reader = images.Content.OpenImage(member, CriuImageType.ByName["SK_QUEUES"]);
        while (reader.TryReadMessage(SkPacketEntry.Parser, out var message))
        {
            var packet = (SkPacketEntry)message;
            reader.SkipPayload(packet.Length);
            var queue = queues.GetValueOrDefault(packet.IdFor);
            queues[packet.IdFor] = (queue.Bytes + packet.Length, queue.Packets + 1);
        }
        return queues;
    }
}
