using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>
/// Lets one checkpoint of a container through at a time, in the whole process, and the next a second after. The kubelet names archives
/// by the second and does not truncate: two in one second can leave a file with a corrupt tail.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Gates live as long as the process; no wait handle is asked of the semaphore.")]
internal sealed class CheckpointGate
{
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TimeoutRemembered = TimeSpan.FromMinutes(10);
    private static readonly ConcurrentDictionary<string, CheckpointGate> Gates = new(StringComparer.Ordinal);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private long? _endedAt;
    private long? _timedOutAt;

    private CheckpointGate()
    {
    }

    public static CheckpointGate For(string key) => Gates.GetOrAdd(key, _ => new CheckpointGate());

    /// <summary>How long ago an attempt timed out, while that still matters: its archive may still be being written.</summary>
    public TimeSpan? SinceTimeout =>
        _timedOutAt is { } at && Stopwatch.GetElapsedTime(at) is var since && since < TimeoutRemembered ? since : null;

    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await KeepApartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _turn.Release();
            throw;
        }
    }

    /// <summary>Waits until a second has passed since the end of the last request, whose archive may bear the time of its very end.</summary>
    public async Task KeepApartAsync(CancellationToken cancellationToken)
    {
        if (_endedAt is not { } endedAt)
            return;
        var wait = Apart - Stopwatch.GetElapsedTime(endedAt);
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
    }

    public void RequestEnded() => _endedAt = Stopwatch.GetTimestamp();

    public void TimedOut(long requestedAt) => _timedOutAt = requestedAt;

    public void ForgetTimeout() => _timedOutAt = null;

    public void Leave() => _turn.Release();
}
