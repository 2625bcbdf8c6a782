using System.Diagnostics;

namespace KubeCheckpoint.Cluster.Stages;

/// <summary>How long the steps of a long operation took, in their order. Steps may run side by side.</summary>
public sealed class StageTimes
{
    private readonly Lock _gate = new();
    private readonly List<StageTime> _times = [];

    /// <summary>The steps that have ended.</summary>
    public IReadOnlyList<StageTime> Ended
    {
        get
        {
            lock (_gate)
                return [.. _times];
        }
    }

    /// <summary>Notes how long something took, also where it failed.</summary>
    /// <param name="stage">The step.</param>
    /// <param name="work">What it does.</param>
    public async Task<T> MeasureAsync<T>(RestoreStage stage, Func<Task<T>> work)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            Add(stage, Stopwatch.GetElapsedTime(started));
        }
    }

    /// <summary>Notes a time that was measured elsewhere.</summary>
    /// <param name="stage">The step.</param>
    /// <param name="duration">How long it took.</param>
    public void Add(RestoreStage stage, TimeSpan duration)
    {
        lock (_gate)
            _times.Add(new(stage, duration));
    }
}
