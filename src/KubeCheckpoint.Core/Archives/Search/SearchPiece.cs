namespace KubeCheckpoint.Archives.Search;

/// <summary>A part of a region that is searched from its front to its end.</summary>
/// <param name="region">The region it is of.</param>
/// <param name="start">The first address a match may begin at.</param>
/// <param name="end">The address behind the last one.</param>
/// <param name="lanes">How many lanes search it.</param>
internal sealed class SearchPiece(SearchRegion region, ulong start, ulong end, int lanes)
{
    public SearchRegion Region { get; } = region;

    public ulong Start { get; } = start;

    public ulong End { get; } = end;

    /// <summary>For each lane the address behind its last match: the next one begins there or later.</summary>
    public ulong[] Resume { get; } = new ulong[lanes];
}
