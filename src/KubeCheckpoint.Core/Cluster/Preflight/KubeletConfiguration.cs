namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>What a kubelet says of its configuration (<c>/configz</c>), as far as checkpoints go.</summary>
internal sealed record KubeletConfiguration
{
    /// <summary>Whether the gate ContainerCheckpoint is set; null where the configuration leaves it alone.</summary>
    public bool? IsCheckpointGateSet { get; init; }

    public bool? EnablesDebuggingHandlers { get; init; }

    public TimeSpan? RuntimeRequestTimeout { get; init; }
}
