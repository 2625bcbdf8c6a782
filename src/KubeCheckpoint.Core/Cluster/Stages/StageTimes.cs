using System.Diagnostics;

namespace KubeCheckpoint.Cluster.Stages;

/// <summary>The stage that a long operation is in, and how long the earlier ones took.</summary>
internal sealed class StageTimes
{
    private readonly List<StageTime> _times = [];

    /// <summary>The stage that was begun last: after a failure the one that failed.</summary>
    public RestoreStage Current { get; private set; }

    /// <summary>The stages that have ended, in their order.</summary>
    public IReadOnlyList<StageTime> Ended => [.. _times];

    /// <summary>Begins a part of a stage that is not measured.</summary>
    public void Begin(RestoreStage stage) => Current = stage;

    /// <summary>Carries out a stage and notes how long it took, also where it failed.</summary>
    public async Task<T> MeasureAsync<T>(RestoreStage stage, Func<Task<T>> work)
    {
        Current = stage;
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

    /// <inheritdoc cref="MeasureAsync{T}"/>
    public Task MeasureAsync(RestoreStage stage, Func<Task> work) => MeasureAsync(stage, async () =>
    {
        await work().ConfigureAwait(false);
        return true;
    });

    /// <summary>Adds a time that was measured elsewhere.</summary>
    public void Add(RestoreStage stage, TimeSpan duration) => _times.Add(new(stage, duration));
}
