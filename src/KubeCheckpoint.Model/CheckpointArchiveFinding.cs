namespace KubeCheckpoint;

/// <summary>A finding of the test of an archive.</summary>
public sealed record CheckpointArchiveFinding
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>How much it matters.</summary>
    public required FindingSeverity Severity { get; init; }

    /// <summary>
    /// The kind of finding: the ErrorId of the failure that reading would end in, or one of <c>Summary</c>,
    /// <c>UnknownMember</c>, <c>UnexpectedMember</c>, <c>WrongType</c>, <c>MissingImage</c>, <c>StaleImage</c>,
    /// <c>DanglingReference</c>, <c>PageCount</c>, <c>PageOutsideMap</c>, <c>ParentPages</c>, <c>LazyPages</c>, <c>Version</c>.
    /// </summary>
    public required string Check { get; init; }

    /// <summary>The member of the archive it is about, or null where it is about the whole archive.</summary>
    public string? Member { get; init; }

    /// <summary>What was found.</summary>
    public required string Message { get; init; }

    /// <summary>Severity, member and message.</summary>
    public override string ToString() => TerminalText.Line($"{Severity}: {Member ?? ArchivePath}: {Message}");
}
