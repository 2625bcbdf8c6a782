namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// One pattern in one encoding, looked for from the front of a text to its end: what matches first counts, and the next match
/// begins behind it. Safe from several threads.
/// </summary>
internal abstract class SearchLane(string pattern, MemoryEncoding encoding)
{
    /// <summary>The pattern as the user wrote it.</summary>
    public string Pattern { get; } = pattern;

    /// <summary>As what the bytes are read.</summary>
    public MemoryEncoding Encoding { get; } = encoding;

    /// <summary>The most bytes a match may have; a longer one is cut there.</summary>
    public abstract int MaximumLength { get; }

    /// <summary>How many bytes must be seen before a match, and behind the last one, to know that it is one.</summary>
    public abstract int Surroundings { get; }

    /// <summary>How many bytes before a place that <see cref="FindCandidate"/> names a match may begin.</summary>
    public abstract int Reach { get; }

    /// <summary>The first place, from an index on, without which there is no match; -1 where there is none.</summary>
    public abstract int FindCandidate(ReadOnlySpan<byte> buffer, int from);

    /// <summary>Finds the matches that begin from an index on, up to the end of the segment's core.</summary>
    /// <param name="buffer">The bytes.</param>
    /// <param name="segment">The part of them that follows each other in memory.</param>
    /// <param name="from">An index in the segment's core.</param>
    /// <param name="limit">After how many to stop.</param>
    /// <param name="hits">Takes them, in ascending order.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public abstract void Find(
        ReadOnlySpan<byte> buffer, in BatchSegment segment, int from, int limit, List<SearchHit> hits, CancellationToken cancellationToken);
}
