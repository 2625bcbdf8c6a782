namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// One pattern in one encoding. Searches from front to end: the first match counts, and the next match
/// begins after it. Thread-safe.
/// </summary>
internal abstract class SearchLane(string pattern, MemoryEncoding encoding)
{
    /// <summary>The pattern as the user wrote it.</summary>
    public string Pattern { get; } = pattern;

    /// <summary>The encoding of the bytes.</summary>
    public MemoryEncoding Encoding { get; } = encoding;

    /// <summary>The most bytes a match may have; a longer one is cut there.</summary>
    public abstract int MaximumLength { get; }

    /// <summary>How many bytes before and after a match are needed to verify it.</summary>
    public abstract int Surroundings { get; }

    /// <summary>How many bytes before a position from <see cref="FindCandidate"/> a match may begin.</summary>
    public abstract int Reach { get; }

    /// <summary>The first position from an index on that a match must include; -1 where there is none.</summary>
    public abstract int FindCandidate(ReadOnlySpan<byte> buffer, int from);

    /// <summary>Finds the matches that begin from an index on, up to the end of the segment's core.</summary>
    /// <param name="buffer">The bytes.</param>
    /// <param name="segment">The segment to search.</param>
    /// <param name="from">An index in the segment's core.</param>
    /// <param name="limit">The maximum number of matches.</param>
    /// <param name="hits">Receives the matches, in ascending order.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public abstract void Find(
        ReadOnlySpan<byte> buffer, in BatchSegment segment, int from, int limit, List<SearchHit> hits, CancellationToken cancellationToken);
}
