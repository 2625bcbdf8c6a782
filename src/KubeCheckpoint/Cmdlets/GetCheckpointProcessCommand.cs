using System.Management.Automation;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the processes in checkpoint archives.</summary>
/// <remarks>
/// <para>Shows command lines, threads, users, capabilities and memory of each process. From a plain tar only the images of the processes
/// and a few pages with their arguments are read, whatever its size. A compressed archive is read twice. Nothing is extracted.</para>
/// <para>Command line and environment are read from the memory of the process. Some programs, such as nginx and redis, overwrite them with
/// a title, which CommandLine then shows. If the pages are not in the archive, CommandLine is $null or incomplete and IsCommandLineComplete
/// is $false.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointProcess ./cp/web.tar -Tree</code>
/// <para>Draws the processes as a tree.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointProcess | Where-Object UserId -EQ 0 | Format-Table Id, CommandLine, Capabilities</code>
/// <para>Shows the processes that ran as root in all archives of a folder, with their capabilities.</para>
/// </example>
/// <example>
/// <code>(Get-CheckpointProcess ./cp/web.tar -Id 1 -IncludeEnvironment).Environment['PATH']</code>
/// <para>Shows an environment variable of the container's first process.</para>
/// </example>
/// <seealso cref="GetCheckpointOpenFileCommand"/>
/// <seealso cref="GetCheckpointSocketCommand"/>
/// <seealso cref="GetCheckpointMemoryMapCommand"/>
/// <seealso cref="SearchCheckpointMemoryCommand"/>
[Cmdlet(VerbsCommon.Get, "CheckpointProcess", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "Get-CheckpointProcess.md")]
[OutputType(typeof(CheckpointProcess))]
public sealed class GetCheckpointProcessCommand : CheckpointProcessCmdlet
{
    /// <summary>Reads the environment variables as well. They often hold secrets.</summary>
    [Parameter]
    public SwitchParameter IncludeEnvironment { get; set; }

    /// <summary>
    /// Shows children below their parents, as a tree. If a parent is filtered out, its children appear below the nearest ancestor that is
    /// shown.
    /// </summary>
    [Parameter]
    public SwitchParameter Tree { get; set; }

    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        var query = new ProcessQuery { Filter = this.ToFilter(), IncludeEnvironment = IncludeEnvironment, AsTree = Tree };
        foreach (var process in CheckpointProcessReader.Read(path, query, cancellationToken))
            await Output.WriteObjectAsync(process);
    }
}
