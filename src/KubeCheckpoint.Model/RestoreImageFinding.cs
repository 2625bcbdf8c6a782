namespace KubeCheckpoint;

/// <summary>Something that a test of a restore image found.</summary>
public sealed record RestoreImageFinding
{
    /// <summary>The image's reference, or its name in a layout.</summary>
    public required string Reference { get; init; }

    /// <summary>How much it matters.</summary>
    public required FindingSeverity Severity { get; init; }

    /// <summary>
    /// The kind of finding: the ErrorId of the failure that reading would end in, such as <c>DigestMismatch</c>,
    /// <c>ImageBlobMissing</c>, <c>ImageDocumentInvalid</c> or <c>ArchiveDamaged</c>, or one of <c>MediaType</c>, <c>Index</c>,
    /// <c>Annotations</c>, <c>Platform</c>, <c>DiffId</c>, <c>NoLayer</c>, <c>TagMoved</c>, <c>Link</c>, <c>UnexpectedMember</c>, <c>RuntimeName</c>.
    /// </summary>
    public required string Check { get; init; }

    /// <summary>The part of the image it is about: <c>manifest</c>, <c>config</c>, or <c>layer 1</c> and so on, the lowest first.</summary>
    public required string Part { get; init; }

    /// <summary>The member of the layer it is about, or null where it is about the whole part.</summary>
    public string? Member { get; init; }

    /// <summary>What was found.</summary>
    public required string Message { get; init; }

    /// <summary>Severity, part, member and message.</summary>
    public override string ToString() => TerminalText.Line($"{Severity}: {Part}{(Member is null ? "" : ": " + Member)}: {Message}");
}
