namespace KubeCheckpoint.Archives.Replacements;

/// <summary>A folder that was removed and created again.</summary>
/// <param name="Path">Its path, without a slash in front.</param>
/// <param name="IsIncomplete">True where rootfs-diff.tar lacks files of it: those that the image has too, and the node has not.</param>
internal sealed record ReplacedFolder(string Path, bool IsIncomplete);
