using KubeCheckpoint.Criu.Logs;

namespace KubeCheckpoint.Archives.Logs;

/// <summary>CRIU's log, with diagnoses of known messages.</summary>
internal static class DumpLog
{
    public static IEnumerable<CheckpointDumpLogEntry> Read(string? archivePath, string logPath, Stream log, CancellationToken cancellationToken)
    {
        CheckpointDumpLogEntry? last = null;
        var isFinished = false;
        foreach (var line in LogLine.Read(log, cancellationToken))
        {
            if (last is not null)
                yield return last;
            last = Entry(archivePath, logPath, CriuLogLine.Parse(line.Text));
            isFinished |= CriuDiagnoses.SaysTheEnd(last.Message);
        }
        if (last is not null)
            yield return isFinished ? last : Unfinished(last);
    }

    private static CheckpointDumpLogEntry Entry(string? archivePath, string logPath, CriuLogLine line)
    {
        // Other messages may contain the same phrases: only lines marked as errors or warnings are diagnosed.
        var diagnosis = line.Level == CriuLogLevel.Info ? null : CriuDiagnoses.Find(line.Message);
        return new CheckpointDumpLogEntry
        {
            ArchivePath = archivePath,
            LogPath = logPath,
            Elapsed = line.Elapsed,
            Level = line.Level,
            SourceFile = line.SourceFile,
            Line = line.Line,
            Message = line.Message,
            Cause = diagnosis?.Cause,
            Remedy = diagnosis?.Remedy,
        };
    }

    private static CheckpointDumpLogEntry Unfinished(CheckpointDumpLogEntry last) => last with
    {
        Cause = last.Cause ?? CriuDiagnoses.Unfinished.Cause,
        Remedy = last.Remedy ?? CriuDiagnoses.Unfinished.Remedy,
    };
}
