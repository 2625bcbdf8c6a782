using System.Management.Automation;
using KubeCheckpoint.Archives.Logs;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the container's log, or CRIU's, from checkpoint archives.</summary>
/// <remarks>
/// <para>By default the cmdlet gets what the container wrote up to the checkpoint, line by line with time and stream, as 'kubectl logs'
/// would show it. Lines that the runtime split are joined again.</para>
/// <para>With -Kind Dump it gets the lines of CRIU's dump.log with their level. For known messages, Cause says what the message means and
/// Remedy what to do. A failed checkpoint leaves no archive: the error's target object holds the log, as far as it could be read from the node.
/// A log that you have copied from a node is read with -LogPath.</para>
/// <note>Messages may contain control characters. The table views escape them; the objects keep them.</note>
/// </remarks>
/// <example>
/// <code>Get-CheckpointLog ./cp/web.tar | Select-Object -Last 20</code>
/// <para>Gets the last 20 lines that the container wrote.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointLog -LogPath ./dump.log -Level Error, Warning</code>
/// <para>Gets the errors and warnings of a failed checkpoint, with causes and remedies.</para>
/// </example>
/// <example>
/// <code>$Error[0].TargetObject | Get-CheckpointLog -Level Error</code>
/// <para>Gets the errors in CRIU's log of the checkpoint or restore that has just failed.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointLog | Where-Object Stream -EQ Stderr | Sort-Object Time</code>
/// <para>Gets what the containers of several archives wrote to standard error, in order of time.</para>
/// </example>
/// <seealso cref="InvokeContainerCheckpointCommand"/>
/// <seealso cref="GetCheckpointStatisticCommand"/>
[Cmdlet(VerbsCommon.Get, "CheckpointLog", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "Get-CheckpointLog.md")]
[OutputType(typeof(CheckpointLogEntry), typeof(CheckpointDumpLogEntry))]
public sealed class GetCheckpointLogCommand : ArchiveCmdlet
{
    private const string LogPathSet = "LogPath";
    private const string FailureSet = "Failure";

    /// <summary>The log to read. If -Level is given, it is Dump.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [Parameter(ParameterSetName = InputSet)]
    public CheckpointLogKind Kind { get; set; }

    /// <summary>Literal paths of CRIU logs (dump.log or restore.log) that are files of their own.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LogPathSet)]
    [ValidateNotNullOrEmpty]
    public string[] LogPath { get; set; } = null!;

    /// <summary>The target object of an error of CRIU, which holds CRIU's log.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = FailureSet)]
    [ValidateNotNull]
    public FailedCriuRun Failure { get; set; } = null!;

    /// <summary>The levels to show from CRIU's log. Default: all levels.</summary>
    [Parameter]
    public CriuLogLevel[]? Level { get; set; }

    private protected override void Begin()
    {
        if (Level is null || ParameterSetName is LogPathSet or FailureSet)
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

        if (ParameterSetName == FailureSet)
        {
            var entries = Failure.Log;
            Start(Failure, _ => WriteAsync(entries));
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
