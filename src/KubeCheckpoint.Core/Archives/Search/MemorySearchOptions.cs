namespace KubeCheckpoint.Archives.Search;

/// <summary>What is looked for in memory: patterns, or bytes.</summary>
public sealed record MemorySearchOptions
{
    /// <summary>Regular expressions, or texts where <see cref="SimpleMatch"/> says so.</summary>
    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>Bytes, instead of patterns.</summary>
    public IReadOnlyList<byte> Bytes { get; init; } = [];

    /// <summary>Takes the patterns as texts.</summary>
    public bool SimpleMatch { get; init; }

    /// <summary>Tells small letters from capitals.</summary>
    public bool CaseSensitive { get; init; }

    /// <summary>As what the bytes of memory are read.</summary>
    public MemoryEncoding Encoding { get; init; }

    /// <summary>How many bytes before and behind a match its context shows; at most <see cref="LargestContext"/>.</summary>
    public int Context { get; init; } = 32;

    /// <summary>The largest context, in bytes.</summary>
    public const int LargestContext = 4096;
}
