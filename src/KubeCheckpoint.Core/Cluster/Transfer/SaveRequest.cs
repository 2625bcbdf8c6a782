namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Which archive to bring here, and where to put it.</summary>
public sealed record SaveRequest
{
    /// <summary>The node it lies on.</summary>
    public required string NodeName { get; init; }

    /// <summary>Its absolute path there.</summary>
    public required string NodePath { get; init; }

    /// <summary>The local folder. Made where it does not exist.</summary>
    public required string DestinationFolder { get; init; }

    /// <summary>The pod as JSON, to be saved beside the archive, or null.</summary>
    public string? PodManifest { get; init; }

    /// <summary>The namespace of the pod it is of, for messages, or null.</summary>
    public string? Namespace { get; init; }

    /// <summary>The name of the pod it is of, for messages, or null.</summary>
    public string? PodName { get; init; }

    /// <summary>The container it is of, for messages, or null.</summary>
    public string? ContainerName { get; init; }
}
