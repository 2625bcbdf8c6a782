namespace KubeCheckpoint.Http;

/// <summary>
/// A token that is cancelled when a limit of time is over, or when the caller cancels. The limit is one for all of an exchange, or one that
/// starts again when data has moved; a large body is read at a minimum rate.
/// </summary>
internal sealed class StallGuard : IDisposable
{
    private readonly HttpTimings _timings;
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _caller;

    // Of the current period of a large body: the time that is left, without what the reader takes, and the bytes that have arrived.
    private TimeSpan _left;
    private int _arrived;

    public StallGuard(HttpTimings timings, TimeSpan limit, CancellationToken caller)
    {
        _timings = timings;
        _caller = caller;
        _left = timings.Stall;
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        Expect(limit);
    }

    public TimeSpan Limit { get; private set; }

    public CancellationToken Token => _source.Token;

    public bool HasStalled => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>The limit starts again.</summary>
    public void Expect(TimeSpan limit)
    {
        Limit = limit;
        _source.CancelAfter(limit);
    }

    /// <summary>Reads a part of a large body, at the minimum rate. The time between two reads does not count.</summary>
    public async ValueTask<int> ReadAsync(Stream body, Memory<byte> buffer)
    {
        Limit = _timings.Stall;
        _source.CancelAfter(_left);
        var started = _timings.Clock.GetTimestamp();
        var count = await body.ReadAsync(buffer, Token).ConfigureAwait(false);
        _source.CancelAfter(Timeout.InfiniteTimeSpan);
        _left -= _timings.Clock.GetElapsedTime(started);
        _arrived += count;
        if (_arrived >= _timings.LeastBytes)
            (_arrived, _left) = (0, _timings.Stall);
        else if (_left < TimeSpan.Zero)
            _left = TimeSpan.Zero;
        return count;
    }

    public void Dispose() => _source.Dispose();
}
