using System.Management.Automation;
using KubeCheckpoint.Archives.MemoryMaps;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the memory maps of processes in checkpoint archives: addresses, permissions, files, and how much of each the archive holds.</summary>
/// <remarks>
/// <para>The maps are those of /proc/PID/maps, in the order of their addresses. No memory is read, only what says where it is. Maps whose
/// code comes from no file that is there have IsAnonymousExecutable set: injected code looks like that, and so does code that a
/// just-in-time compiler made.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointMemoryMap ./cp/web.tar -Id 1</code>
/// <para>Shows the maps of the container's first process.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointMemoryMap | Where-Object IsAnonymousExecutable</code>
/// <para>Finds code that comes from no file, in all archives of a folder.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointProcess ./cp/web.tar | Where-Object IsPathDeleted | Get-CheckpointMemoryMap</code>
/// <para>Shows the maps of processes whose program was deleted.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "CheckpointMemoryMap", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointMemoryMap))]
public sealed class GetCheckpointMemoryMapCommand : CheckpointProcessCmdlet
{
    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        foreach (var map in MemoryMapReader.Read(path, this.ToFilter(), cancellationToken))
            await Output.WriteObjectAsync(map);
    }
}
