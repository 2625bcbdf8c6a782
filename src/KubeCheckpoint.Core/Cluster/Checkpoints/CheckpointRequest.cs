namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>Which container to checkpoint.</summary>
public sealed record CheckpointRequest
{
    /// <summary>The pod's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod's name.</summary>
    public required string PodName { get; init; }

    /// <summary>The container's name: one of the pod's containers, init containers, sidecars or ephemeral containers that runs.</summary>
    public required string ContainerName { get; init; }

    /// <summary>The pod's node, or null to ask the server.</summary>
    public string? NodeName { get; init; }

    /// <summary>The pod as it was read just now, or null to read it.</summary>
    public Pod? Pod { get; init; }

    /// <summary>
    /// How long the runtime may take, in whole seconds (parts are rounded up); null for the kubelet's own. It can only lengthen: the kubelet takes the
    /// longer of this and its <c>runtimeRequestTimeout</c> (2 minutes unless configured).
    /// </summary>
    public TimeSpan? Timeout { get; init; }
}
