namespace KubeCheckpoint.Http;

/// <summary>
/// How long to wait before a request is repeated, and when to give up. The delays double up to a limit and are drawn at random between a floor
/// and that, so that many clients do not come back at once; a server can lengthen them, not shorten them.
/// </summary>
internal sealed class Backoff(HttpTimings timings)
{
    private long? _failingSince;
    private long _progress;
    private int _failures;

    /// <summary>The attempts that have failed since the last progress.</summary>
    public int Failures => _failures;

    /// <summary>An attempt has failed: how long to wait before the next one; null for no further one.</summary>
    /// <param name="retryAfter">How long the server asks the client to wait, or null.</param>
    /// <param name="isCounted">False where the next attempt is made in another way; there is an end of such ways.</param>
    public TimeSpan? Next(TimeSpan? retryAfter = null, bool isCounted = true)
    {
        _failingSince ??= timings.Clock.GetTimestamp();
        _failures += isCounted ? 1 : 0;
        if (_failures >= timings.Attempts || retryAfter > timings.LongestRetryAfter)
            return null;
        var longest = timings.FirstDelay * Math.Pow(2, Math.Clamp(_failures - 1, 0, 30));
        var delay = Draw(timings.ShortestDelay, longest < timings.LongestDelay ? longest : timings.LongestDelay);
        if (retryAfter is { } asked && asked > delay)
            delay = Draw(asked, asked + timings.ShortestDelay);
        var isOver = timings.LongestRepetition != Timeout.InfiniteTimeSpan
            && timings.Clock.GetElapsedTime(_failingSince.Value) + delay > timings.LongestRepetition;
        return isOver ? null : delay;
    }

    /// <summary>A part of a large transfer has arrived. Enough of it since the last failure, and the attempts are counted anew.</summary>
    public void Advance(long bytes)
    {
        if (_failingSince is null)
            return;
        _progress += bytes;
        if (_progress < timings.Progress)
            return;
        (_failures, _progress, _failingSince) = (0, 0, null);
    }

    /// <summary>Waits, and says so.</summary>
    /// <param name="delay">What <see cref="Next"/> returned.</param>
    /// <param name="reason">What failed, as a sentence without its full stop.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WaitAsync(TimeSpan delay, string reason, CancellationToken cancellationToken)
    {
        RequestNotices.Report($"{reason}. Attempt {_failures + 1} of {timings.Attempts} follows in {delay.TotalSeconds:0.0} s.");
        return Task.Delay(delay, timings.Clock, cancellationToken);
    }

    private static TimeSpan Draw(TimeSpan shortest, TimeSpan longest) => shortest + ((longest - shortest) * Random.Shared.NextDouble());
}
