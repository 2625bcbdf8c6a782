namespace KubeCheckpoint.Cluster.Freezing;

/// <summary>How long a pod may be held.</summary>
/// <param name="MaxFreeze">How long at most, from the first container that is held. It must end before liveness probes fail.</param>
internal sealed record HoldOptions(TimeSpan MaxFreeze)
{
    /// <summary>How long the pod stays held after the last sign of this process.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>How much longer if a copy exists: the copy must be gone before the original runs again.</summary>
    public TimeSpan CopyMargin { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The time between two signs of this process.</summary>
    public TimeSpan BetweenSigns { get; init; } = TimeSpan.FromSeconds(3);
}
