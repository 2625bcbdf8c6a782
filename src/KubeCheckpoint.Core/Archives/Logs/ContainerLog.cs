using System.Text;

namespace KubeCheckpoint.Archives.Logs;

/// <summary>Joins the parts of a container's lines that the runtime wrote separately.</summary>
internal sealed class ContainerLog(string archivePath)
{
    private readonly PendingLine[] _pending = [new(), new()];

    public IEnumerable<CheckpointLogEntry> Read(Stream log, CancellationToken cancellationToken)
    {
        foreach (var line in LogLine.Read(log, cancellationToken))
        {
            if (Add(line) is { } entry)
                yield return entry;
        }
        foreach (var stream in Enum.GetValues<ContainerOutput>())
        {
            if (_pending[(int)stream].Time is not null)
                yield return Finish(stream, isEnded: false);
        }
    }

    private CheckpointLogEntry? Add(LogLine line)
    {
        if (CriLogLine.Parse(line.Bytes) is not { } head)
            return new CheckpointLogEntry { ArchivePath = archivePath, Message = line.Text, IsComplete = line.IsWhole };
        var pending = _pending[(int)head.Stream];
        pending.Time = head.Time;
        pending.IsWhole &= line.IsWhole;
        pending.Message.Append(line.Bytes.AsSpan(head.MessageOffset));
        return head.IsPartial ? null : Finish(head.Stream, isEnded: true);
    }

    private CheckpointLogEntry Finish(ContainerOutput stream, bool isEnded)
    {
        var pending = _pending[(int)stream];
        var message = pending.Message.Take(out var isWhole);
        var entry = new CheckpointLogEntry
        {
            ArchivePath = archivePath,
            Time = pending.Time,
            Stream = stream,
            Message = Encoding.UTF8.GetString(message),
            IsComplete = isEnded && isWhole && pending.IsWhole,
        };
        pending.Time = null;
        pending.IsWhole = true;
        return entry;
    }

    /// <summary>The beginning of a line, collected so far.</summary>
    private sealed class PendingLine
    {
        public CappedBytes Message { get; } = new(ArchiveLimits.LogMessageSize);

        public DateTimeOffset? Time { get; set; }

        public bool IsWhole { get; set; } = true;
    }
}
