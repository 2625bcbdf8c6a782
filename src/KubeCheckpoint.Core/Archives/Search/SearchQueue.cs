namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// A queue of batches: each is read and searched on the thread pool, a few at a time, and returned in order. The
/// buffers are reused.
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

    /// <summary>Returns a processed batch for reuse.</summary>
    public void Return(SearchBatch batch)
    {
        batch.Clear();
        _free.Push(batch);
    }

    /// <summary>Failures of planning and of a batch that were not reported before.</summary>
    public IReadOnlyList<KubeCheckpointException> TakeFailures(SearchBatch? batch)
    {
        var failures = planner.Failures.Concat(batch?.Failures ?? []).Where(failure => failure.Subject is null || _told.Add(failure.Subject)).ToList();
        planner.Failures.Clear();
        return [.. failures.Select(failure => failure.Failure)];
    }

    /// <summary>Waits until all reads have ended. A search that is still running needs only its own buffer.</summary>
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
