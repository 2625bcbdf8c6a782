namespace KubeCheckpoint;

/// <summary>
/// What happened to a file of a container since it was created from its image. An archive has the files as they are now, not as they
/// were: only for some of them does it tell whether the image had them.
/// </summary>
public enum FileChangeKind
{
    /// <summary>
    /// Created or changed, in content or in mode and owner: the archive does not say which. With containerd, also a folder around a change.
    /// </summary>
    Written,

    /// <summary>
    /// Created: the image had nothing there. CRI-O and Podman leave out folders that the image had, so theirs are new with all their content.
    /// </summary>
    Added,

    /// <summary>Removed: the image had something there.</summary>
    Deleted,

    /// <summary>A folder that was removed and created again: what the image had in it is gone (the opaque whiteout of an OCI layer).</summary>
    Replaced,
}
