namespace KubeCheckpoint;

/// <summary>
/// What happened to a file of a container since it was made from its image. An archive has the files as they are now, not as they
/// were: whether one was in the image before can be told of some only.
/// </summary>
public enum FileChangeKind
{
    /// <summary>Made or changed, in content or in mode and owner: the archive does not say which. Of containerd also a folder around a change.</summary>
    Written,

    /// <summary>Made: the image had nothing there. CRI-O and Podman keep no folder that the image had, so theirs are new with all that is in them.</summary>
    Added,

    /// <summary>Removed: the image had something there.</summary>
    Deleted,

    /// <summary>A folder that was removed and made anew: what the image had in it is gone (the opaque whiteout of an OCI layer).</summary>
    Replaced,
}
