namespace KubeCheckpoint;

/// <summary>A CRIU image that was written.</summary>
/// <param name="Path">The file's full path.</param>
/// <param name="Type">The type by the name crit prints: <c>CORE</c>, <c>PAGEMAP</c>.</param>
/// <param name="EntryCount">How many entries it has; the head of a pagemap or ghost file counts as one.</param>
/// <param name="Size">The file's size in bytes.</param>
public sealed record CriuImageFile(string Path, string Type, int EntryCount, long Size)
{
    /// <summary>The file's path.</summary>
    public override string ToString() => Path;
}
