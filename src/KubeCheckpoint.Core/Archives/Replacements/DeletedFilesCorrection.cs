namespace KubeCheckpoint.Archives.Replacements;

/// <summary>What a layer must replace so that a restore deletes only what the container does not have.</summary>
/// <param name="Deleted">The paths to delete, absolute.</param>
/// <param name="Folders">
/// Folders that rootfs-diff.tar must create, since the image has a file in their place: unpacking a file into a file fails.
/// </param>
internal sealed record DeletedFilesCorrection(IReadOnlyList<string> Deleted, IReadOnlyList<string> Folders);
