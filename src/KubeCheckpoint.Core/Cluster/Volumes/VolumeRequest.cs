using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>The volumes of a checkpointed container to keep, and where to keep them.</summary>
public sealed record VolumeRequest
{
    /// <summary>The node.</summary>
    public required string NodeName { get; init; }

    /// <summary>The absolute path of the archive on the node.</summary>
    public required string NodePath { get; init; }

    /// <summary>The local folder of the archive. It is created if it does not exist.</summary>
    public required string DestinationFolder { get; init; }

    /// <summary>The files that the volumes pass through, instead of <see cref="DestinationFolder"/>; or null.</summary>
    internal UnnamedFiles? Passing { get; init; }

    /// <summary>The pod's uid.</summary>
    public required string PodUid { get; init; }

    /// <summary>The checkpointed container, or null for all volumes of the pod.</summary>
    public string? ContainerName { get; init; }

    /// <summary>The pod's manifest.</summary>
    public required PodManifest PodManifest { get; init; }

    /// <summary>When the checkpoint was requested, or null if that is not known.</summary>
    public DateTimeOffset? CheckpointedAt { get; init; }
}
