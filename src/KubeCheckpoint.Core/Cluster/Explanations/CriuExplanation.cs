using System.Text;
using KubeCheckpoint.Archives.Logs;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Criu.Logs;

namespace KubeCheckpoint.Cluster.Explanations;

/// <summary>Explains a failure of CRIU by its log, which comes from a node and quotes names that the container chose.</summary>
internal static class CriuExplanation
{
    private const int LongestMessage = 200;
    private const int LongestSubject = 120;

    /// <summary>Adds what a log says: its cause, the process and descriptor concerned, and the log itself.</summary>
    /// <param name="failure">The failure as far as it is known.</param>
    /// <param name="log">The log.</param>
    public static FailedCriuRun With(FailedCriuRun failure, byte[] log)
    {
        var lines = LogLine.Read(new MemoryStream(log), CancellationToken.None).Select(line => line.Text).ToList();
        var finding = CriuFinding.In(lines);
        var path = failure.NodePath ?? "";
        return failure with
        {
            Cause = finding?.Diagnosis?.Cause,
            Remedy = finding?.Diagnosis?.Remedy,
            CriuMessage = finding?.Message,
            ProcessId = finding?.Place.ProcessId,
            ProcessName = finding?.Place.ProcessName,
            Descriptor = finding?.Place.Descriptor,
            Subject = finding?.Place.Subject,
            Log = [.. DumpLog.Read(null, path, new MemoryStream(log), CancellationToken.None)],
        };
    }

    /// <summary>Adds what the message of a runtime quotes of the log, if it quotes anything.</summary>
    public static FailedCriuRun WithQuoted(FailedCriuRun failure, string message) =>
        CriuLog.Lines(message) is { Count: > 0 } lines ? With(failure, Encoding.UTF8.GetBytes(string.Join('\n', lines))) : failure;

    /// <summary>Whether the cause passes by itself, so that the next dump may succeed.</summary>
    public static bool Passes(FailedCriuRun failure) =>
        failure.CriuMessage is { } message && CriuDiagnoses.Find(message) is { Kind: CriuMessageKind.PassingCause };

    /// <summary>
    /// The process and descriptor concerned and CRIU's own error, as one line for the end of a message:
    /// <c>Process 8847 (redis-server), descriptor 12 (10.88.0.31:6379). CRIU: inet: Connected TCP socket, ...</c>. Empty if nothing is known.
    /// </summary>
    public static string Describe(FailedCriuRun failure)
    {
        var parts = new List<string>();
        if (failure.ProcessId is { } id)
            parts.Add($"Process {id}{(failure.ProcessName is null ? "" : $" ({TerminalText.Line(failure.ProcessName)})")}{Descriptor(failure)}.");
        if (failure.CriuMessage is { } message)
            parts.Add($"CRIU: {TerminalText.Line(message.Trim().Shorten(LongestMessage))}");
        return string.Join(' ', parts);
    }

    /// <summary>Where the log is, as a sentence for the advice: on the error's target, or which command shows its errors on the node.</summary>
    public static string LogHint(FailedCriuRun failure) => failure switch
    {
        { Log.Count: > 0, LogReason: null } => "CRIU's log: $Error[0].TargetObject | Get-CheckpointLog",
        { NodePath: { } path } => $"CRIU's log is on {Node(failure)}; there, as root: grep Error {ShellWord.Quote(path)}{Reason(failure)}",
        _ => $"CRIU's log is dump.log in the container's folder on {Node(failure)}.{Reason(failure)}",
    };

    /// <summary>The lines of a message that are not empty.</summary>
    public static string OnLines(params IEnumerable<string> lines) => string.Join('\n', lines.Where(line => line.Length > 0));

    private static string Node(FailedCriuRun failure) => failure.NodeName is null ? "the node" : $"node '{failure.NodeName}'";

    private static string Reason(FailedCriuRun failure) =>
        failure.LogReason is { } reason ? $" (It could not be read from here: {reason.TrimEnd('.').Shorten(LongestMessage)}.)" : "";

    private static string Descriptor(FailedCriuRun failure) => failure switch
    {
        { Descriptor: { } descriptor, Subject: { } subject } => $", descriptor {descriptor} ({TerminalText.Line(subject.Shorten(LongestSubject))})",
        { Descriptor: { } descriptor } => $", descriptor {descriptor}",
        _ => "",
    };
}
