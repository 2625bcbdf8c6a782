namespace KubeCheckpoint;

/// <summary>A CRIU image as objects.</summary>
public sealed record CriuImage
{
    /// <summary>The file's full path: an archive, or the image itself.</summary>
    public required string Path { get; init; }

    /// <summary>The member of the archive, such as <c>checkpoint/core-1.img</c>, or null where the file is the image.</summary>
    public string? Member { get; init; }

    /// <summary>The archive's full path, or null where the file is the image.</summary>
    public string? ArchivePath => Member is null ? null : Path;

    /// <summary>The type by its name in crit: <c>CORE</c>, <c>PAGEMAP</c>.</summary>
    public required string Type { get; init; }

    /// <summary>
    /// The magic before the type's own: <c>COMMON</c>, <c>SERVICE</c>, or <c>NONE</c> in the inventory and in images of CRIU before 2.0.
    /// </summary>
    public required string Family { get; init; }

    /// <summary>
    /// The entries. Each is an object with the fields that CRIU's definitions name, and can be changed, replaced or removed; a pagemap
    /// begins with its head. Any array can be assigned.
    /// </summary>
    public required CriuEntryCollection Entries { get; set; }

    /// <summary>The type and the source.</summary>
    public override string ToString() => TerminalText.Line(Member is null ? $"{Type} {Path}" : $"{Type} {Path}:{Member}");
}
