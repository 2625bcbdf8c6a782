namespace KubeCheckpoint;

/// <summary>A line of CRIU's log.</summary>
public sealed record CheckpointDumpLogEntry
{
    /// <summary>The archive's full path, or null where the log is a file of its own.</summary>
    public string? ArchivePath { get; init; }

    /// <summary>The log: <c>dump.log</c> in the archive, or the full path of a file.</summary>
    public required string LogPath { get; init; }

    /// <summary>The time since CRIU began, or null where the line has none.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>Its severity.</summary>
    public required CriuLogLevel Level { get; init; }

    /// <summary>The file in CRIU's source that wrote it, such as <c>criu/sk-inet.c</c>; errors and warnings only.</summary>
    public string? SourceFile { get; init; }

    /// <summary>The line in <see cref="SourceFile"/>, which differs between versions; errors and warnings only.</summary>
    public int? Line { get; init; }

    /// <summary>The message with CRIU's prefix for its subject, as in <c>inet: Connected TCP socket, ...</c>; at most 256 KiB.</summary>
    public required string Message { get; init; }

    /// <summary>What it means, or null where that is not known.</summary>
    public string? Cause { get; init; }

    /// <summary>What to do about it, or null where that is not known.</summary>
    public string? Remedy { get; init; }

    /// <summary>The message.</summary>
    public override string ToString() => TerminalText.Line(Message);
}
