namespace KubeCheckpoint.Archives;

/// <summary>What a tar holds, which decides what is refused in it.</summary>
internal enum TarContent
{
    /// <summary>A checkpoint: each name once, and never nothing.</summary>
    Checkpoint,

    /// <summary>Files of a container, possibly none: a name may come again, and only the last counts when it is unpacked.</summary>
    RootFs,
}
