using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>
/// Allows one checkpoint of a container at a time in the whole process, and the next one a second later. The kubelet names archives by the
/// second and does not truncate them: two in one second can leave a file with a corrupt tail.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Gates live as long as the process, and the semaphore allocates no wait handle.")]
internal sealed class CheckpointGate
{
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MissedResponseRemembered = TimeSpan.FromMinutes(10);
    private static readonly ConcurrentDictionary<string, CheckpointGate> Gates = new(StringComparer.Ordinal);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private long? _endedAt;
    private long? _missedAt;

    private CheckpointGate()
    {
    }

    public static CheckpointGate For(string key) => Gates.GetOrAdd(key, _ => new CheckpointGate());

    /// <summary>The time since the last request without a response, as long as the runtime may still be writing the archive; or null.</summary>
    public TimeSpan? SinceMissedResponse =>
        _missedAt is { } at && Stopwatch.GetElapsedTime(at) is var since && since < MissedResponseRemembered ? since : null;

    /// <summary>The path of the last archive, which is not that of a later request.</summary>
    public string? LastArchive { get; set; }

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

    /// <summary>Waits until a second has passed since the last request ended, because its archive may be named after that moment.</summary>
    public async Task KeepApartAsync(CancellationToken cancellationToken)
    {
        if (_endedAt is not { } endedAt)
            return;
        var wait = Apart - Stopwatch.GetElapsedTime(endedAt);
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
    }

    public void RequestEnded() => _endedAt = Stopwatch.GetTimestamp();

    public void ResponseMissed(long requestedAt) => _missedAt = requestedAt;

    public void ForgetMissedResponse() => _missedAt = null;

    public void Leave() => _turn.Release();
}
