using System.Management.Automation;
using KubeCheckpoint.Archives.Sockets;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the sockets of checkpointed processes: addresses, ports, states, peers and queues.</summary>
/// <remarks>
/// <para>Lists TCP, UDP, UDP-Lite, ICMP and raw sockets of IPv4 and IPv6, unix, netlink and packet sockets. A socket that several
/// descriptors or processes share is there once for each; the same FileId tells them. Where the other end of a connection is in the
/// archive too, PeerProcessId and PeerDescriptor name it.</para>
/// <para>Queues are counted in bytes, and where CRIU keeps their borders in packets. Their content is not shown.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointSocket ./cp/web.tar | Where-Object State -EQ LISTEN</code>
/// <para>Gets what the container listened on.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointSocket | Where-Object RemoteAddress | Group-Object RemoteAddress, RemotePort</code>
/// <para>Counts whom the containers of a folder of archives were connected to.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointSocket ./cp/web.tar -Id 1 | Where-Object Family -EQ Unix | Format-Table Descriptor, State, Path, PeerProcessId, PeerDescriptor</code>
/// <para>Gets the unix sockets of process 1 and who has their other ends.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "CheckpointSocket", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointSocket))]
public sealed class GetCheckpointSocketCommand : CheckpointProcessCmdlet
{
    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        foreach (var socket in SocketReader.Read(path, this.ToFilter(), cancellationToken))
            await Output.WriteObjectAsync(socket);
    }
}
