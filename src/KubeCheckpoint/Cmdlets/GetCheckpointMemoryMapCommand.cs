using System.Management.Automation;
using KubeCheckpoint.Archives.MemoryMaps;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the memory maps of processes in checkpoint archives.</summary>
/// <remarks>
/// <para>Lists the maps in the order of /proc/PID/maps, with addresses, permissions, files, and how much of each map the archive holds.
/// Memory pages are not read.</para>
/// <para>IsAnonymousExecutable marks executable memory that does not come from an existing file. Injected code looks like this, and so does
/// the code of just-in-time compilers.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointMemoryMap ./cp/web.tar -Id 1</code>
/// <para>Shows the maps of the container's first process.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointMemoryMap | Where-Object IsAnonymousExecutable</code>
/// <para>Finds code from no file in all archives of a folder.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointProcess ./cp/web.tar | Where-Object IsPathDeleted | Get-CheckpointMemoryMap</code>
/// <para>Shows the maps of processes whose program file was deleted.</para>
/// </example>
/// <seealso cref="SearchCheckpointMemoryCommand"/>
/// <seealso cref="ExportCheckpointMemoryCommand"/>
[Cmdlet(VerbsCommon.Get, "CheckpointMemoryMap", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "Get-CheckpointMemoryMap.md")]
[OutputType(typeof(CheckpointMemoryMap))]
public sealed class GetCheckpointMemoryMapCommand : CheckpointProcessCmdlet
{
    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        foreach (var map in MemoryMapReader.Read(path, this.ToFilter(), cancellationToken))
            await Output.WriteObjectAsync(map);
    }
}
