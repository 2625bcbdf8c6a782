namespace KubeCheckpoint.Criu.Memory;

/// <summary>Where the pages of a pagemap entry are (CRIU, criu/include/pagemap.h).</summary>
[Flags]
internal enum PageFlags
{
    None = 0,

    /// <summary>Unchanged since the parent checkpoint, and only there.</summary>
    Parent = 1,

    /// <summary>Left on the node the process came from, to be fetched on demand.</summary>
    Lazy = 2,

    /// <summary>In the pages file.</summary>
    Present = 4,

    /// <summary>Compressed, and aligned to a page of the pages file.</summary>
    PayloadAligned = 8,
}
