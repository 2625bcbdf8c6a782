namespace KubeCheckpoint.Criu.Memory;

/// <summary>What is known about the bytes of a memory range.</summary>
internal enum PageContent
{
    /// <summary>The checkpoint holds them.</summary>
    Stored,

    /// <summary>Zeros: anonymous memory that was never written.</summary>
    Zero,

    /// <summary>The content of the mapped file, of which a checkpoint holds only changed pages.</summary>
    File,

    /// <summary>Somewhere else: in the parent checkpoint, on the node the process came from, or in a segment without pages.</summary>
    Missing,

    /// <summary>Pages of the kernel or a device, such as vvar and vsyscall, which no checkpoint holds.</summary>
    Foreign,
}
