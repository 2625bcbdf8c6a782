namespace KubeCheckpoint;

/// <summary>CRIU's statistics of a dump or a restore. Values that CRIU did not record are null.</summary>
public sealed record CheckpointStatistic
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The operation.</summary>
    public required CheckpointOperation Operation { get; init; }

    /// <summary>The page size of the machine, in bytes.</summary>
    public required int PageSize { get; init; }

    /// <summary>How long it took to freeze all processes.</summary>
    public TimeSpan? FreezingTime { get; init; }

    /// <summary>How long the processes were frozen.</summary>
    public TimeSpan? FrozenTime { get; init; }

    /// <summary>How long it took to read the memory of the processes.</summary>
    public TimeSpan? MemoryDumpTime { get; init; }

    /// <summary>How long it took to write the memory.</summary>
    public TimeSpan? MemoryWriteTime { get; init; }

    /// <summary>How long it took to find the files that inotify watches.</summary>
    public TimeSpan? IrmapResolveTime { get; init; }

    /// <summary>How many private pages were scanned.</summary>
    public long? PagesScanned { get; init; }

    /// <summary>How many private pages were left out because the parent checkpoint holds them.</summary>
    public long? PagesSkippedParent { get; init; }

    /// <summary>How many private pages were written.</summary>
    public long? PagesWritten { get; init; }

    /// <summary>How many private pages were left on the node, to be fetched on demand.</summary>
    public long? PagesLazy { get; init; }

    /// <summary>How many pipes carried pages.</summary>
    public long? PagePipes { get; init; }

    /// <summary>How many buffers those pipes had.</summary>
    public long? PagePipeBuffers { get; init; }

    /// <summary>How many pages of shared memory were scanned.</summary>
    public long? SharedPagesScanned { get; init; }

    /// <summary>How many pages of shared memory were left out because the parent checkpoint holds them.</summary>
    public long? SharedPagesSkippedParent { get; init; }

    /// <summary>How many pages of shared memory were written.</summary>
    public long? SharedPagesWritten { get; init; }

    /// <summary>How long it took to create the processes.</summary>
    public TimeSpan? ForkingTime { get; init; }

    /// <summary>How long the whole restore took.</summary>
    public TimeSpan? RestoreTime { get; init; }

    /// <summary>How many pages were compared with those of the parent process.</summary>
    public long? PagesCompared { get; init; }

    /// <summary>How many pages were the same as the parent process's, and stayed shared with it.</summary>
    public long? PagesSkippedCopyOnWrite { get; init; }

    /// <summary>How many pages were restored.</summary>
    public long? PagesRestored { get; init; }

    /// <summary>The private pages that were scanned, in bytes.</summary>
    public long? BytesScanned => Bytes(PagesScanned);

    /// <summary>The pages that were written, private and shared, in bytes.</summary>
    public long? BytesWritten => PagesWritten is null ? null : Bytes(PagesWritten + (SharedPagesWritten ?? 0));

    /// <summary>The pages that were restored, in bytes.</summary>
    public long? BytesRestored => Bytes(PagesRestored);

    // Counts come from the archive and may be impossible.
    private long? Bytes(long? pages) => pages is { } count && count >= 0 && count <= long.MaxValue / PageSize ? count * PageSize : null;
}
