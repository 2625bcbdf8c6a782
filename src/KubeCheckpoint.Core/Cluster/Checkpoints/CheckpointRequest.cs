namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>A container to checkpoint.</summary>
public sealed record CheckpointRequest
{
    /// <summary>The pod's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod's name.</summary>
    public required string PodName { get; init; }

    /// <summary>The name of a running container of the pod, of any kind.</summary>
    public required string ContainerName { get; init; }

    /// <summary>The pod's node, or null to ask the server.</summary>
    public string? NodeName { get; init; }

    /// <summary>The pod as read just now, or null to read it.</summary>
    public Pod? Pod { get; init; }

    /// <summary>
    /// How long the runtime may take, rounded up to whole seconds; null for the kubelet's own limit. The kubelet takes the longer of this and its
    /// <c>runtimeRequestTimeout</c> (2 minutes by default).
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Called before each try, or null.</summary>
    internal Func<CancellationToken, Task>? BeforeTry { get; init; }
}
