using System.Collections.Concurrent;
using System.Management.Automation;
using System.Threading.Channels;
using KubeCheckpoint.Formatting;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Pipeline;

/// <summary>
/// What work off the pipeline thread says to the pipeline. Bounded: work that produces faster than the pipeline consumes waits.
/// The pipeline thread carries out what is queued.
/// </summary>
internal sealed class PipelineOutput
{
    private const int Capacity = 64;

    private readonly Channel<Action<Cmdlet>> _queue = Channel.CreateBounded<Action<Cmdlet>>(Capacity);
    private readonly ConcurrentDictionary<int, ProgressRecord> _progress = new();
    private readonly CancellationToken _stopping;
    private readonly Action _signal;
    private int _lastActivityId;

    public PipelineOutput(Action signal, CancellationToken stopping)
    {
        _signal = signal;
        _stopping = stopping;
    }

    public Task WriteObjectAsync(object value) => EnqueueAsync(cmdlet => cmdlet.WriteObject(value, enumerateCollection: false));

    /// <summary>Writes objects one by one, at the price of one.</summary>
    public Task WriteObjectsAsync(object[] values) => EnqueueAsync(cmdlet => cmdlet.WriteObject(values, enumerateCollection: true));

    public Task WriteErrorAsync(ErrorRecord error) => EnqueueAsync(cmdlet => cmdlet.WriteError(error));

    public Task WriteWarningAsync(string message) => EnqueueAsync(cmdlet => cmdlet.WriteWarning(Display.PrintableLines(message)!));

    public async Task WriteWarningsAsync(IEnumerable<string> messages)
    {
        foreach (var message in messages)
            await WriteWarningAsync(message).ConfigureAwait(false);
    }

    /// <summary>Has -Verbose say that a request is repeated, and why, in the work that the current method begins.</summary>
    public void ShowRequestNotices() => RequestNotices.SendTo(
        notice => _ = EnqueueAsync(cmdlet => cmdlet.WriteVerbose(Display.PrintableLines(notice)!)));

    public Task WriteVerboseAsync(string message) => EnqueueAsync(cmdlet => cmdlet.WriteVerbose(Display.PrintableLines(message)!));

    /// <summary>Does something off the pipeline thread. A failure becomes an error record, and the work goes on.</summary>
    public async Task AttemptAsync(object? target, Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure)
        {
            await WriteErrorAsync(failure.ToErrorRecord(target)).ConfigureAwait(false);
        }
    }

    /// <summary>Has the pipeline thread do something, a script block of the user's for example, and waits for its result.</summary>
    public async Task<T> InvokeAsync<T>(Func<Cmdlet, T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await EnqueueAsync(cmdlet =>
        {
            try
            {
                result.SetResult(work(cmdlet));
            }
            catch (Exception exception)
            {
                result.SetException(exception);
                if (exception is PipelineStoppedException)
                    throw;
            }
        }).ConfigureAwait(false);
        return await result.Task.WaitAsync(_stopping).ConfigureAwait(false);
    }

    /// <summary>A progress bar of its own for one piece of work; only the latest state is kept until the pipeline shows it.</summary>
    public WorkProgress OpenProgress() => new(this, Interlocked.Increment(ref _lastActivityId));

    public bool TryTake(out Action<Cmdlet>? action) => _queue.Reader.TryRead(out action);

    public IEnumerable<ProgressRecord> TakeProgress()
    {
        foreach (var id in _progress.Keys)
        {
            if (_progress.TryRemove(id, out var record))
                yield return record;
        }
    }

    public void Report(ProgressRecord record)
    {
        _progress[record.ActivityId] = record;
        _signal();
    }

    private async Task EnqueueAsync(Action<Cmdlet> action)
    {
        await _queue.Writer.WriteAsync(action, _stopping).ConfigureAwait(false);
        _signal();
    }
}
