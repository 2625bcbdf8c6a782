namespace KubeCheckpoint;

/// <summary>A line that a container wrote to its output.</summary>
public sealed record CheckpointLogEntry
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>When the runtime received it (its last part, if it came in several), or null where the line is not in CRI log format.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>The stream it was written to, or null where the line is not in CRI log format.</summary>
    public ContainerOutput? Stream { get; init; }

    /// <summary>What was written, without the line ending. It can hold anything, including control characters.</summary>
    public required string Message { get; init; }

    /// <summary>
    /// False where some of it is missing: the container had not ended the line at the checkpoint, or it is longer than the 1 MiB
    /// that are kept of one.
    /// </summary>
    public bool IsComplete { get; init; } = true;

    /// <summary>What was written.</summary>
    public override string ToString() => TerminalText.Line(Message);
}
