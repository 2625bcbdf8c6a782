namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>A way to request checkpoints: through the API server, or from a kubelet directly.</summary>
internal interface ICheckpointSource
{
    /// <summary>The cluster for the result, or null.</summary>
    public ClusterTarget? Cluster { get; }

    /// <summary>The path of the POST request.</summary>
    public string PathOf(CheckpointTarget target);

    /// <summary>Reads the pod, for its manifest and node; null if the user may not read it and the request does not need it.</summary>
    public Task<Pod?> FindPodAsync(CheckpointRequest request, CancellationToken cancellationToken);
}
