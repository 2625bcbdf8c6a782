using System.Management.Automation;
using KubeCheckpoint.Archives.Logs;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the logs in checkpoint archives: what the container wrote, or what CRIU wrote while dumping it.</summary>
/// <remarks>
/// <para>By default the container's own output up to the checkpoint, line by line with time and stream, as 'kubectl logs' would have shown
/// it. Lines that a runtime has cut into parts are put together again.</para>
/// <para>With -Kind Dump the lines of CRIU's dump.log. Errors and warnings are told from the rest, and where it is known, Cause says what
/// a message means and Remedy what to do. -LogPath reads a dump.log, or a restore.log, that is a file of its own: when a checkpoint fails
/// there is no archive, and the log stays on the node, where the runtime's message names it.</para>
/// <para>Messages can hold anything the container wrote, control characters too. The tables show those as \u001b; the objects keep them.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointLog ./cp/web.tar | Select-Object -Last 20</code>
/// <para>Gets the last 20 lines the container wrote.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointLog -LogPath ./dump.log -Level Error, Warning</code>
/// <para>Gets what went wrong in a checkpoint that failed, with causes and remedies.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointLog | Where-Object Stream -EQ Stderr | Sort-Object Time</code>
/// <para>Gets what the containers of several archives wrote to standard error, in one order.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "CheckpointLog", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointLogEntry), typeof(CheckpointDumpLogEntry))]
public sealed class GetCheckpointLogCommand : ArchiveCmdlet
{
    private const string LogPathSet = "LogPath";

    /// <summary>Which log of an archive: Container, which is the default, or Dump. With -Level: Dump.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [Parameter(ParameterSetName = InputSet)]
    public CheckpointLogKind Kind { get; set; }

    /// <summary>CRIU's logs that are files of their own, dump.log or restore.log, by names taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LogPathSet)]
    [ValidateNotNullOrEmpty]
    public string[] LogPath { get; set; } = null!;

    /// <summary>Only lines of CRIU's log of these levels: Error, Warning, Info.</summary>
    [Parameter]
    public CriuLogLevel[]? Level { get; set; }

    private protected override void Begin()
    {
        if (Level is null || ParameterSetName == LogPathSet)
            return;
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Kind)) && Kind == CheckpointLogKind.Container)
            throw ParameterFailure.LevelOfContainerLog();
        Kind = CheckpointLogKind.Dump;
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == LogPathSet)
        {
            foreach (var log in LogPath.Select(FullPath))
                Start(log, cancellationToken => WriteAsync(CheckpointLogReader.ReadDumpLogFile(log, cancellationToken)));
            return;
        }

        foreach (var file in Files())
        {
            Start(file, cancellationToken => Kind == CheckpointLogKind.Dump
                ? WriteAsync(CheckpointLogReader.ReadDumpLog(file, cancellationToken))
                : WriteAsync(CheckpointLogReader.ReadContainerLog(file, cancellationToken)));
        }
    }

    private async Task WriteAsync(IEnumerable<CheckpointLogEntry> entries)
    {
        foreach (var entry in entries)
            await Output.WriteObjectAsync(entry);
    }

    private async Task WriteAsync(IEnumerable<CheckpointDumpLogEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (Level is null || Level.Contains(entry.Level))
                await Output.WriteObjectAsync(entry);
            if (CheckpointLogReader.IsUnfinished(entry))
                await Output.WriteWarningAsync($"{entry.LogPath}: {entry.Cause} {entry.Remedy}");
        }
    }
}
