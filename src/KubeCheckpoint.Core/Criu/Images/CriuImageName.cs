namespace KubeCheckpoint.Criu.Images;

/// <summary>What messages call an image.</summary>
/// <param name="Path">The file: an archive, or the image itself.</param>
/// <param name="Member">The member of the archive, or null where the file is the image.</param>
internal sealed record CriuImageName(string Path, string? Member = null);
