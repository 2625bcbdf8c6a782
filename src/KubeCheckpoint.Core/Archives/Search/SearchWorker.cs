using System.Text.RegularExpressions;

namespace KubeCheckpoint.Archives.Search;

/// <summary>Searches batches. Thread-safe, with a batch for each thread.</summary>
internal sealed class SearchWorker(string archivePath, IReadOnlyList<SearchLane> lanes)
{
    // The maximum number of matches of a lane in a segment that are kept at once.
    private const int MostHits = 16 * 1024;

    // A pattern is abandoned after it took too long in this many ranges of memory.
    private const int MostTimeouts = 8;

    private readonly int[] _timeouts = new int[lanes.Count];

    public IReadOnlyList<SearchLane> Lanes { get; } = lanes;

    /// <summary>Finds the matches of all lanes in a batch.</summary>
    public void Search(SearchBatch batch, CancellationToken cancellationToken)
    {
        for (var lane = 0; lane < Lanes.Count; lane++)
            Search(batch, lane, cancellationToken);
        batch.Found.Sort((one, other) => (one.Segment, one.Lane).CompareTo((other.Segment, other.Lane)));
    }

    /// <summary>Finds matches of one lane in one segment.</summary>
    /// <returns>Whether there may be more matches.</returns>
    public bool Find(SearchBatch batch, int segment, int lane, int from, List<SearchHit> hits, CancellationToken cancellationToken)
    {
        try
        {
            if (Volatile.Read(ref _timeouts[lane]) < MostTimeouts)
                Lanes[lane].Find(batch.Buffer, batch.Segments[segment], from, MostHits, hits, cancellationToken);
        }
        catch (RegexMatchTimeoutException)
        {
            var isLast = Interlocked.Increment(ref _timeouts[lane]) == MostTimeouts;
            batch.Failures.Add(new(null, TimedOut(Lanes[lane], batch.Segments[segment], hits.Count > 0 ? hits[^1].End : from, isLast)));
        }
        return hits.Count == MostHits;
    }

    private void Search(SearchBatch batch, int lane, CancellationToken cancellationToken)
    {
        var buffer = batch.Buffer.AsSpan(0, batch.Filled);
        for (var place = Lanes[lane].FindCandidate(buffer, 0); place >= 0; place = Lanes[lane].FindCandidate(buffer, place))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var number = batch.FindSegment(place);
            var segment = batch.Segments[number];
            var from = Math.Max(segment.CoreStart, place - Lanes[lane].Reach);
            place = segment.End;
            if (from >= segment.CoreEnd || batch.Lost.Contains(number))
                continue;
            var hits = new List<SearchHit>();
            var isCut = Find(batch, number, lane, from, hits, cancellationToken);
            if (hits.Count > 0)
                batch.Found.Add(new LaneHits(number, lane, hits, isCut));
        }
    }

    private KubeCheckpointException TimedOut(SearchLane lane, in BatchSegment segment, int from, bool isLast) => ArchiveFailure.SearchTimedOut(
        archivePath, segment.Piece.Region.Process.Id, segment.AddressOf(from), segment.End - from, lane.Pattern, isLast);
}
