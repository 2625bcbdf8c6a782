namespace KubeCheckpoint.Archives.Search;

/// <summary>What a lane found in a segment.</summary>
/// <param name="Segment">The index of the segment.</param>
/// <param name="Lane">The index of the lane.</param>
/// <param name="Hits">The matches in ascending order.</param>
/// <param name="IsCut">Whether it stopped before the segment's end.</param>
internal sealed record LaneHits(int Segment, int Lane, List<SearchHit> Hits, bool IsCut);
