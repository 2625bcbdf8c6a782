namespace KubeCheckpoint;

/// <summary>A CRIU image file that was written.</summary>
/// <param name="Path">The file's full path.</param>
/// <param name="Type">The type by its name in crit: <c>CORE</c>, <c>PAGEMAP</c>.</param>
/// <param name="EntryCount">How many entries it has; the head of a pagemap or ghost file counts as one.</param>
/// <param name="Size">The file's size in bytes.</param>
public sealed record CriuImageFile(string Path, string Type, int EntryCount, long Size)
{
    /// <summary>The file's path.</summary>
    public override string ToString() => Path;
}
