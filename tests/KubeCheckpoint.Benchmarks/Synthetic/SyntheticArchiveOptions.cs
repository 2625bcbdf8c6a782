namespace KubeCheckpoint.Benchmarks.Synthetic;

/// <summary>What a synthetic archive is to hold.</summary>
internal sealed record SyntheticArchiveOptions
{
    /// <summary>How much memory the processes have in their large maps together, in bytes; rounded up to pages. It may go past 8 GiB.</summary>
    public required long MemorySize { get; init; }

    /// <summary>How many processes share it; the first is the parent of the others.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>
    /// How many pages of the large map follow each other before one is left out, so that the pagemap gets an entry for each run;
    /// 0 for a single run.
    /// </summary>
    public int RunPages { get; init; }

    /// <summary>The same seed gives the same memory.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Says of a page of the large maps, counted over all processes, whether it differs from that of other archives of this seed.</summary>
    public Func<long, bool>? IsChanged { get; init; }

    /// <summary>Texts to be found, each with how many bytes into the large map of the first process it stands; inside one page.</summary>
    public IReadOnlyList<(long Offset, string Text)> Needles { get; init; } = [];
}
