namespace KubeCheckpoint.Benchmarks.Synthetic;

/// <summary>The content of a synthetic archive.</summary>
internal sealed record SyntheticArchiveOptions
{
    /// <summary>The total size of the large maps of the processes, in bytes, rounded up to pages. It may exceed 8 GiB.</summary>
    public required long MemorySize { get; init; }

    /// <summary>How many processes share it; the first is the parent of the others.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>
    /// How many pages of the large map follow each other before one is left out, so that the pagemap has an entry for each run; 0 for a single
    /// run.
    /// </summary>
    public int RunPages { get; init; }

    /// <summary>The same seed gives the same memory.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether a page of the large maps, counted over all processes, differs from that of other archives with the same seed.</summary>
    public Func<long, bool>? IsChanged { get; init; }

    /// <summary>Texts to be found, each with its offset in the large map of the first process, and within one page.</summary>
    public IReadOnlyList<(long Offset, string Text)> Needles { get; init; } = [];
}
