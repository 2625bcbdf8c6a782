using System.Management.Automation;
using KubeCheckpoint.Archives.Sockets;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the sockets of processes in checkpoint archives.</summary>
/// <remarks>
/// <para>Lists TCP, UDP, UDP-Lite, ICMP and raw sockets of IPv4 and IPv6, and Unix, netlink and packet sockets, with addresses, ports,
/// states, peers and queues. A socket shared by several descriptors is listed once for each; they have the same FileId. If the other end of
/// a connection is in the archive too, PeerProcessId and PeerDescriptor name it.</para>
/// <para>Queues are counted in bytes, and in packets where CRIU records them. Their content is not shown.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointSocket ./cp/web.tar | Where-Object State -EQ LISTEN</code>
/// <para>Gets the sockets the container listened on.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointSocket | Where-Object RemoteAddress | Group-Object RemoteAddress, RemotePort</code>
/// <para>Counts the connections to each remote address, over all archives in a folder.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointSocket ./cp/web.tar -Id 1 | Where-Object Family -EQ Unix | Format-Table Descriptor, State, Path, PeerProcessId, PeerDescriptor</code>
/// <para>Gets the Unix sockets of process 1 and the processes at their other ends.</para>
/// </example>
/// <seealso cref="GetCheckpointOpenFileCommand"/>
/// <seealso cref="GetCheckpointProcessCommand"/>
[Cmdlet(VerbsCommon.Get, "CheckpointSocket", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "Get-CheckpointSocket.md")]
[OutputType(typeof(CheckpointSocket))]
public sealed class GetCheckpointSocketCommand : CheckpointProcessCmdlet
{
    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        foreach (var socket in SocketReader.Read(path, this.ToFilter(), cancellationToken))
            await Output.WriteObjectAsync(socket);
    }
}
