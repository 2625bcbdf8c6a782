namespace KubeCheckpoint.Images.Registry;

/// <summary>A token that is cancelled when nothing moved for a while, or when the caller cancels.</summary>
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

    /// <summary>Something moved; from now on the next move may take as long.</summary>
    public void Expect(TimeSpan limit)
    {
        Limit = limit;
        _source.CancelAfter(limit);
    }

    public void Dispose() => _source.Dispose();
}
