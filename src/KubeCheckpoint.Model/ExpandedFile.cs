namespace KubeCheckpoint;

/// <summary>A file that was extracted from a checkpoint archive.</summary>
/// <param name="ArchivePath">The archive's full path.</param>
/// <param name="Member">The member's name in the archive, such as <c>checkpoint/core-1.img</c>.</param>
/// <param name="Path">The file's full path.</param>
/// <param name="Size">The file's size in bytes.</param>
public sealed record ExpandedFile(string ArchivePath, string Member, string Path, long Size)
{
    /// <summary>The file's path.</summary>
    public override string ToString() => Path;
}
