using System.Management.Automation;
using KubeCheckpoint.Archives.OpenFiles;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the open files of processes in checkpoint archives.</summary>
/// <remarks>
/// <para>Lists the descriptors of each process: regular files, folders, devices, pipes, sockets, terminals, eventfds, timers, memfds and
/// everything else that CRIU dumps. The output has flags, position and locks, and says whether the file was deleted. Descriptors with the
/// same FileId share one open file description, also across processes.</para>
/// <para>The working directory, root and program of a process are not descriptors: see Get-CheckpointProcess. For mapped files see
/// Get-CheckpointMemoryMap. Data waiting in pipes and sockets is counted, not shown.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointOpenFile ./cp/web.tar</code>
/// <para>Gets the open files of all processes.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointOpenFile | Where-Object Deleted</code>
/// <para>Gets open files that were deleted, from all archives in a folder. Their content is in the archive only.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointOpenFile ./cp/web.tar -Name nginx* | Where-Object { $_.Flags -contains 'O_APPEND' } | Select-Object Target, Size -Unique</code>
/// <para>Finds the log files of the nginx processes.</para>
/// </example>
/// <seealso cref="GetCheckpointSocketCommand"/>
/// <seealso cref="GetCheckpointFileChangeCommand"/>
[Cmdlet(VerbsCommon.Get, "CheckpointOpenFile", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "Get-CheckpointOpenFile.md")]
[OutputType(typeof(CheckpointOpenFile))]
public sealed class GetCheckpointOpenFileCommand : CheckpointProcessCmdlet
{
    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        foreach (var file in OpenFileReader.Read(path, this.ToFilter(), cancellationToken))
            await Output.WriteObjectAsync(file);
    }
}
