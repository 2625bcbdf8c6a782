namespace KubeCheckpoint.Archives.Tar;

/// <summary>The kind of content of a tar, which determines what is refused.</summary>
internal enum TarContent
{
    /// <summary>A checkpoint: names are unique, and it is not empty.</summary>
    Checkpoint,

    /// <summary>A layer of an image: like a checkpoint, but a hard link may lead to a layer below.</summary>
    Layer,

    /// <summary>Files of a container, possibly none: a name may be repeated, and the last one counts.</summary>
    RootFs,
}
