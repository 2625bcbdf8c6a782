namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// Iterates over the matches of one lane in one segment. Handles two things that a worker cannot know: where the match of the
/// previous segment ends, and matches beyond the limit of a worker.
/// </summary>
internal sealed class LaneCursor
{
    private readonly SearchWorker _worker;
    private readonly SearchBatch _batch;
    private readonly LaneHits _found;
    private readonly BatchSegment _segment;
    private readonly CancellationToken _cancellation;
    private bool _isCut;
    private int _next;

    public LaneCursor(SearchWorker worker, SearchBatch batch, LaneHits found, CancellationToken cancellationToken)
    {
        _worker = worker;
        _batch = batch;
        _found = found;
        _cancellation = cancellationToken;
        _segment = batch.Segments[found.Segment];
        _isCut = found.IsCut;
        var resume = _segment.IndexOf(_segment.Piece.Resume[Lane]);
        if (_found.Hits[0].Start < resume)
            FindAgain((int)resume);
    }

    public int Lane => _found.Lane;

    /// <summary>The next match; null at the end.</summary>
    public SearchHit? Next => _next < _found.Hits.Count ? _found.Hits[_next] : null;

    /// <summary>Advances to the following match.</summary>
    public void Advance()
    {
        var end = _found.Hits[_next++].End;
        _segment.Piece.Resume[Lane] = _segment.AddressOf(end);
        if (_next == _found.Hits.Count && _isCut)
            FindAgain(end);
    }

    private void FindAgain(int from)
    {
        _found.Hits.Clear();
        _next = 0;
        _isCut = from < _segment.CoreEnd && _worker.Find(_batch, _found.Segment, Lane, from, _found.Hits, _cancellation);
    }
}
