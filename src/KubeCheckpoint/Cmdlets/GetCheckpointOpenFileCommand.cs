using System.Management.Automation;
using KubeCheckpoint.Archives.OpenFiles;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the files that checkpointed processes had open: the descriptors, and what is behind them.</summary>
/// <remarks>
/// <para>Lists regular files, folders, devices, pipes, sockets, terminals, eventfds, epolls, timers, memfds and all else that CRIU
/// dumps, with flags, position, locks and whether the file had been deleted. Descriptors with the same FileId share one open file
/// description, across processes too.</para>
/// <para>Working directory, root and executable are no descriptors: see Get-CheckpointProcess. Nor are mapped files: see
/// Get-CheckpointMemoryMap. What waits in pipes and sockets is counted, not shown.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointOpenFile ./cp/web.tar</code>
/// <para>Gets the descriptors of all processes.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointOpenFile | Where-Object Deleted</code>
/// <para>Gets open files that have no name any more, out of all archives of a folder. Their content is in the archive only.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointOpenFile ./cp/web.tar -Name nginx* | Where-Object { $_.Flags -contains 'O_APPEND' } | Select-Object Target, Size -Unique</code>
/// <para>Finds where the processes of nginx write their logs.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "CheckpointOpenFile", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointOpenFile))]
public sealed class GetCheckpointOpenFileCommand : CheckpointProcessCmdlet
{
    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        foreach (var file in OpenFileReader.Read(path, this.ToFilter(), cancellationToken))
            await Output.WriteObjectAsync(file);
    }
}
