namespace KubeCheckpoint.Archives.Search;

/// <summary>A part of a region that is searched from its front to its end.</summary>
/// <param name="region">The region it belongs to.</param>
/// <param name="start">The first address a match may begin at.</param>
/// <param name="end">The address after the last one.</param>
/// <param name="lanes">The number of lanes.</param>
internal sealed class SearchPiece(SearchRegion region, ulong start, ulong end, int lanes)
{
    public SearchRegion Region { get; } = region;

    public ulong Start { get; } = start;

    public ulong End { get; } = end;

    /// <summary>For each lane the address after its last match: the next match begins there or later.</summary>
    public ulong[] Resume { get; } = new ulong[lanes];
}
