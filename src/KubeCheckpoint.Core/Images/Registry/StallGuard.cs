namespace KubeCheckpoint.Images.Registry;

/// <summary>A token that is cancelled when no data has moved for a while, or when the caller cancels.</summary>
internal sealed class StallGuard : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _caller;

    public StallGuard(TimeSpan limit, CancellationToken caller)
    {
        _caller = caller;
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        Expect(limit);
    }

    public TimeSpan Limit { get; private set; }

    public CancellationToken Token => _source.Token;

    public bool HasStalled => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Data has moved; the limit starts again.</summary>
    public void Expect(TimeSpan limit)
    {
        Limit = limit;
        _source.CancelAfter(limit);
    }

    public void Dispose() => _source.Dispose();
}
