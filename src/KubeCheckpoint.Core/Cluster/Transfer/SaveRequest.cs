using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>An archive to save, and where to save it.</summary>
public sealed record SaveRequest
{
    /// <summary>The node.</summary>
    public required string NodeName { get; init; }

    /// <summary>The absolute path of the archive on the node.</summary>
    public required string NodePath { get; init; }

    /// <summary>The local folder. It is created if it does not exist.</summary>
    public required string DestinationFolder { get; init; }

    /// <summary>The files that the archive passes through, instead of <see cref="DestinationFolder"/>; or null.</summary>
    internal UnnamedFiles? Passing { get; init; }

    /// <summary>Makes the upload that the archive is sent to while it arrives, or null.</summary>
    internal Func<IArchiveUpload>? NewUpload { get; init; }

    /// <summary>The archive if it is marked on its node, or null.</summary>
    internal ArchiveClaim? Claim { get; init; }

    /// <summary>The pod as JSON, which is saved beside the archive, or null.</summary>
    public PodManifest? PodManifest { get; init; }

    /// <summary>The namespace of the checkpointed pod, for messages, or null.</summary>
    public string? Namespace { get; init; }

    /// <summary>The name of the checkpointed pod, for messages, or null.</summary>
    public string? PodName { get; init; }

    /// <summary>The name of the checkpointed container, for messages, or null.</summary>
    public string? ContainerName { get; init; }
}
