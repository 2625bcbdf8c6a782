namespace KubeCheckpoint.Criu;

/// <summary>The name of an image in messages.</summary>
/// <param name="Path">The file: an archive, or the image itself.</param>
/// <param name="Member">The member of the archive, or null where the file is the image.</param>
internal sealed record CriuImageName(string Path, string? Member = null)
{
    /// <summary>The extension of every file that CRIU writes.</summary>
    public const string Ending = ".img";
}
