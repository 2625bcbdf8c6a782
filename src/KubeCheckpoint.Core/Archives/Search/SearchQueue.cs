namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// Batches on their way: each is read and searched on a thread of the pool, a few at a time, and handed out in their order. Their
/// buffers are used again.
/// </summary>
internal sealed class SearchQueue(SearchPlanner planner, SearchWorker worker, CancellationToken cancellationToken)
{
    private readonly int _depth = 2 * Environment.ProcessorCount;
    private readonly Queue<(Task Reading, Task<SearchBatch> Searching)> _running = new();
    private readonly Stack<SearchBatch> _free = new();
    private readonly HashSet<object> _told = [];

    /// <summary>The next batch, searched; null at the end.</summary>
    public async Task<SearchBatch?> NextAsync()
    {
        while (_running.Count < _depth && TryStart())
        {
        }
        if (_running.Count == 0)
            return null;
        var batch = await _running.Peek().Searching.WaitAsync(cancellationToken).ConfigureAwait(false);
        _running.Dequeue();
        return batch;
    }

    /// <summary>Takes back a batch that is done with.</summary>
    public void Return(SearchBatch batch)
    {
        batch.Clear();
        _free.Push(batch);
    }

    /// <summary>The failures of the planning and of a batch that have not been told yet.</summary>
    public IReadOnlyList<KubeCheckpointException> TakeFailures(SearchBatch? batch)
    {
        var failures = planner.Failures.Concat(batch?.Failures ?? []).Where(failure => failure.Subject is null || _told.Add(failure.Subject)).ToList();
        planner.Failures.Clear();
        return [.. failures.Select(failure => failure.Failure)];
    }

    /// <summary>Waits until nobody reads any more. Searching that has not ended by then needs nothing but its own buffer.</summary>
    public Task ReadersAsync() => Task.WhenAll(_running.Select(batch => batch.Reading)).ContinueWith(
        _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private bool TryStart()
    {
        var batch = _free.TryPop(out var used) ? used : new SearchBatch(planner.BatchSize);
        if (!planner.TryFill(batch, cancellationToken))
        {
            _free.Push(batch);
            return false;
        }
        var reading = Task.Run(() => batch.Read(cancellationToken), cancellationToken);
        var searching = reading.ContinueWith(
            read =>
            {
                read.GetAwaiter().GetResult();
                worker.Search(batch, cancellationToken);
                return batch;
            },
            cancellationToken,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        _running.Enqueue((reading, searching));
        return true;
    }
}
