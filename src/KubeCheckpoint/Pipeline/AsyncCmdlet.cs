using System.Diagnostics;
using System.Management.Automation;
using KubeCheckpoint.Formatting;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>
/// A cmdlet whose work runs off the pipeline thread while everything PowerShell sees (output, errors, progress, ShouldProcess)
/// stays on it. On every exit, also when a cmdlet further down stops the pipeline, the work is cancelled and joined.
/// </summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    // Work has to end at once when it is cancelled; a join without a limit would make Ctrl+C hang on work that does not.
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(5);

    // After Ctrl+C, for the work and for what is closed after it together: the prompt is back within a second.
    private static readonly TimeSpan StopLimit = TimeSpan.FromMilliseconds(900);

    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly List<Task> _running = [];
    private readonly Stack<object> _owned = new();
    private readonly Lazy<Stopwatch> _ending = new(Stopwatch.StartNew);
    private readonly int _pipelineThread = Environment.CurrentManagedThreadId;
    private volatile bool _isStopped;
    private Task? _closing;
    private bool _disposed;

    /// <summary>Makes the cmdlet.</summary>
    protected AsyncCmdlet() => Output = new PipelineOutput(() => _signal.Release(), _stopping.Token);

    internal PipelineOutput Output { get; }

    /// <summary>Whether the calling thread is the pipeline's, on which nothing may take long: Ctrl+C waits for it.</summary>
    private protected bool IsOnPipelineThread => Environment.CurrentManagedThreadId == _pipelineThread;

    /// <summary>Cancelled when the cmdlet is to end early.</summary>
    private protected CancellationToken StopToken => _stopping.Token;

    /// <summary>How many pieces of work run at once.</summary>
    protected virtual int MaximumConcurrency => 1;

    /// <summary>
    /// Starts work off the pipeline thread, waiting for a free place first; meanwhile and afterwards writes what has come in.
    /// A failure of the work becomes an error record with <paramref name="target"/>, and the pipeline goes on.
    /// </summary>
    protected void Start(object? target, Func<CancellationToken, Task> work)
    {
        PumpUntil(() => _running.Count < MaximumConcurrency);
        Track(Task.Run(() => RunAsync(target, work), CancellationToken.None));
        Guarded(Drain);
    }

    /// <summary>Does work off the pipeline thread and waits for its result, writing meanwhile what other work has to say.</summary>
    protected T Wait<T>(Func<CancellationToken, Task<T>> work)
    {
        var result = Task.Run(
            () =>
            {
                Output.ShowRequestNotices();
                return work(_stopping.Token);
            },
            CancellationToken.None);
        Track(result);
        PumpUntil(() => result.IsCompleted);
        return result.GetAwaiter().GetResult();
    }

    /// <summary>Asks whether to do something. What archives, registries and clusters have put into the question cannot command the terminal.</summary>
    /// <param name="target">What it is done to.</param>
    /// <param name="action">What is done.</param>
    protected new bool ShouldProcess(string target, string action) => base.ShouldProcess(Display.PrintableLines(target), action);

    /// <inheritdoc cref="ShouldProcess(string, string)"/>
    /// <param name="description">What is done, for -WhatIf and -Verbose.</param>
    /// <param name="question">The question.</param>
    /// <param name="caption">The heading of the question.</param>
    protected new bool ShouldProcess(string description, string question, string caption) =>
        base.ShouldProcess(Display.PrintableLines(description), Display.PrintableLines(question), caption);

    /// <summary>Writes a warning. What archives, registries and clusters have put into it cannot command the terminal.</summary>
    /// <param name="text">The warning.</param>
    protected new void WriteWarning(string text) => base.WriteWarning(Display.PrintableLines(text));

    /// <summary>Writes output until all work that was started has ended.</summary>
    protected void Finish() => PumpUntil(() => _running.Count == 0);

    /// <summary>
    /// Has something closed when the cmdlet ends, whichever way it ends: what was handed over last is closed first. On the pipeline thread.
    /// </summary>
    /// <param name="resource">What is IDisposable or IAsyncDisposable.</param>
    private protected T Own<T>(T resource)
        where T : class
    {
        _owned.Push(resource);
        return resource;
    }

    /// <summary>Does something on the pipeline thread. A failure becomes an error record, and the pipeline goes on.</summary>
    /// <param name="target">What the error record names; null for what the failure itself names.</param>
    /// <param name="action">What is done.</param>
    internal void Attempt(object? target, Action action)
    {
        try
        {
            action();
        }
        catch (KubeCheckpointException failure)
        {
            WriteError(failure.ToErrorRecord(target));
        }
    }

    /// <inheritdoc cref="Attempt(object?, Action)"/>
    /// <returns>The result, or null after a failure.</returns>
    internal T? Attempt<T>(object? target, Func<T> action)
        where T : class
    {
        T? result = null;
        Attempt(target, () => { result = action(); });
        return result;
    }

    /// <summary>Checks and prepares what all objects of the pipeline need. A failure ends the cmdlet.</summary>
    private protected virtual void Begin()
    {
    }

    /// <summary>A path of PowerShell's as one of the file system.</summary>
    private protected string FullPath(string path) => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);

    /// <inheritdoc/>
    protected sealed override void BeginProcessing()
    {
        try
        {
            ParameterRuleAttribute.Check(this);
            Begin();
        }
        catch (KubeCheckpointException failure)
        {
            ThrowTerminatingError(failure.ToErrorRecord(null));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Finish();
        Wait(async _ =>
        {
            await CloseAsync();
            return true;
        });
    }

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        _isStopped = true;
        _stopping.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Cancels and joins work that is left, and closes what is open. PowerShell calls this on every exit.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (_disposed || !disposing)
            return;
        _disposed = true;
        CancelAndJoin();
        Join(CloseAsync());
        if (_running.TrueForAll(task => task.IsCompleted))
        {
            _stopping.Dispose();
            _signal.Dispose();
        }
    }

    // Begun once: what could not be waited for at the end of the pipeline is still closing when the cmdlet is disposed of.
    private Task CloseAsync() => _closing ??= Task.Run(async () =>
    {
        while (_owned.TryPop(out var resource))
            await Disposal.DisposeAsync(resource);
    });

    private async Task RunAsync(object? target, Func<CancellationToken, Task> work)
    {
        try
        {
            Output.ShowRequestNotices();
            await work(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            await Output.WriteErrorAsync(exception.ToErrorRecord(target)).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The pipeline is gone: nobody is left to tell.
        }
    }

    // The signal comes after the task has ended: one given from inside it could wake the pump too early, and no other would follow.
    private void Track(Task task)
    {
        _running.Add(task);
        task.ContinueWith(_ => _signal.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void PumpUntil(Func<bool> done) => Guarded(() =>
    {
        while (true)
        {
            Drain();
            _running.RemoveAll(task => task.IsCompleted);
            Drain();
            if (done())
                return;
            _signal.Wait(_stopping.Token);
        }
    });

    private void Drain()
    {
        while (Output.TryTake(out var action))
            action!(this);
        foreach (var record in Output.TakeProgress())
            WriteProgress(record);
    }

    // WriteObject throws when a cmdlet further down has had enough or failed; neither StopProcessing nor EndProcessing is called then.
    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            CancelAndJoin();
            throw new PipelineStoppedException();
        }
        catch
        {
            CancelAndJoin();
            throw;
        }
    }

    private void CancelAndJoin()
    {
        _stopping.Cancel();
        Join(Task.WhenAll(_running));
    }

    // What does not end in time goes on without anyone who waits for it.
    private void Join(Task task)
    {
        var left = (_isStopped ? StopLimit : JoinLimit) - _ending.Value.Elapsed;
        task.ContinueWith(_ => { }, TaskScheduler.Default).Wait(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }
}
