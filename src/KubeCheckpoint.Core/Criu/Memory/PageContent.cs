namespace KubeCheckpoint.Criu.Memory;

/// <summary>What is known of the bytes of a stretch of memory.</summary>
internal enum PageContent
{
    /// <summary>The checkpoint holds them.</summary>
    Stored,

    /// <summary>Zeros for certain: anonymous memory whose pages nobody ever wrote to.</summary>
    Zero,

    /// <summary>The same as in the mapped file, of which a checkpoint holds changed pages only.</summary>
    File,

    /// <summary>Somewhere else: in the parent checkpoint, on the node the process came from, or in a segment without pages.</summary>
    Missing,

    /// <summary>The kernel's or a device's, such as vvar and vsyscall. No checkpoint holds such pages.</summary>
    Foreign,
}
