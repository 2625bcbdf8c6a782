namespace KubeCheckpoint.Cluster.Restore;

/// <summary>A pod that was restored.</summary>
/// <param name="Pod">The pod, Running and Ready.</param>
/// <param name="Images">The images its containers were restored from.</param>
public sealed record RestoredPod(Pod Pod, IReadOnlyList<RestoreImage> Images);
