namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>What differs between asking a kubelet through the API server and asking it directly.</summary>
internal interface ICheckpointSource
{
    /// <summary>The cluster that goes on into the result, or null.</summary>
    public ClusterTarget? Cluster { get; }

    /// <summary>The path to post to.</summary>
    public string PathOf(CheckpointTarget target);

    /// <summary>Reads the pod, for its manifest and node; null where it cannot be read and need not be.</summary>
    public Task<Pod?> FindPodAsync(CheckpointRequest request, CancellationToken cancellationToken);
}
