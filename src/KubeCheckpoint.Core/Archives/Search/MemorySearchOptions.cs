namespace KubeCheckpoint.Archives.Search;

/// <summary>What to search for in memory: patterns, or bytes.</summary>
public sealed record MemorySearchOptions
{
    /// <summary>Regular expressions, or literal text with <see cref="SimpleMatch"/>.</summary>
    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>Bytes, instead of patterns.</summary>
    public IReadOnlyList<byte> Bytes { get; init; } = [];

    /// <summary>Makes the patterns literal text.</summary>
    public bool SimpleMatch { get; init; }

    /// <summary>Makes matching case-sensitive.</summary>
    public bool CaseSensitive { get; init; }

    /// <summary>The encoding of text in memory.</summary>
    public MemoryEncoding Encoding { get; init; }

    /// <summary>How many bytes of context are shown before and after a match; at most <see cref="LargestContext"/>.</summary>
    public int Context { get; init; } = 32;

    /// <summary>The largest context, in bytes.</summary>
    public const int LargestContext = 4096;
}
