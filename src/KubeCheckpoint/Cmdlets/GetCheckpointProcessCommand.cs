using System.Management.Automation;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the processes in checkpoint archives: command lines, threads, users, capabilities, memory.</summary>
/// <remarks>
/// <para>Of a plain tar only the images of the processes and the few pages that hold their arguments are read, whatever its size; a
/// compressed archive is read through twice. Nothing is extracted.</para>
/// <para>Arguments and environment are as the process left them in its memory: some programs, such as nginx and redis, write a title
/// over them, which CommandLine then shows. Pages that are not in the archive make CommandLine null or cut, and
/// IsCommandLineComplete false; they are no error.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointProcess ./cp/web.tar -Tree</code>
/// <para>Draws the processes as a tree.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointProcess | Where-Object UserId -EQ 0 | Format-Table Id, CommandLine, Capabilities</code>
/// <para>Shows what ran as root in all archives of a folder, and with which capabilities.</para>
/// </example>
/// <example>
/// <code>(Get-CheckpointProcess ./cp/web.tar -Id 1 -IncludeEnvironment).Environment['PATH']</code>
/// <para>Shows a variable of the container's first process.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "CheckpointProcess", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointProcess))]
public sealed class GetCheckpointProcessCommand : CheckpointProcessCmdlet
{
    /// <summary>Reads the environment as well. It often holds secrets.</summary>
    [Parameter]
    public SwitchParameter IncludeEnvironment { get; set; }

    /// <summary>Puts children below their parents and draws the tree. A process whose parent was filtered out hangs below the nearest ancestor that was not.</summary>
    [Parameter]
    public SwitchParameter Tree { get; set; }

    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        var query = new ProcessQuery { Filter = this.ToFilter(), IncludeEnvironment = IncludeEnvironment, AsTree = Tree };
        foreach (var process in CheckpointProcessReader.Read(path, query, cancellationToken))
            await Output.WriteObjectAsync(process);
    }
}
