namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>The settings in a kubelet's configuration (<c>/configz</c>) that concern checkpoints.</summary>
internal sealed record KubeletConfiguration
{
    /// <summary>The value of the feature gate ContainerCheckpoint, or null if it is not set.</summary>
    public bool? IsCheckpointGateSet { get; init; }

    public bool? EnablesDebuggingHandlers { get; init; }

    public TimeSpan? RuntimeRequestTimeout { get; init; }
}
