namespace KubeCheckpoint;

/// <summary>An image that a runtime restores a container from, and where it is stored.</summary>
public sealed record RestoreImage
{
    /// <summary>The image's reference, such as <c>registry.local:5000/restore/web:app-20261123t065040z</c>.</summary>
    public required string Reference { get; init; }

    /// <summary>The manifest's digest, <c>sha256:...</c>.</summary>
    public required string Digest { get; init; }

    /// <summary>The first layer's digest: that of the archive, where the archive is the layer byte for byte. Null for an image without layers.</summary>
    public string? LayerDigest { get; init; }

    /// <summary>The size of layers, config and manifest together, in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The manifest's annotations, and those of the checkpoint where they are elsewhere.</summary>
    public required IReadOnlyDictionary<string, string> Annotations { get; init; }

    /// <summary>Where the checkpoint's annotations are. Runtimes restore an image only if they are on its manifest.</summary>
    public AnnotationSource AnnotationSource { get; init; }

    /// <summary>Where it is stored: the registry's host, or the path of the layout folder or oci-archive.</summary>
    public required string Destination { get; init; }

    /// <summary>True where <see cref="Reference"/> can be pulled from a registry.</summary>
    public required bool IsPushed { get; init; }

    /// <summary>The archive it was made from; null for an image that was found in a registry or layout.</summary>
    public string? ArchivePath { get; init; }

    /// <summary>The engine that wrote the archive.</summary>
    public required CheckpointEngine Engine { get; init; }

    /// <summary>The runtime it was made for. Where it differs from <see cref="Engine"/>, a second layer replaces members of the archive.</summary>
    public required CheckpointEngine TargetRuntime { get; init; }

    /// <summary>The namespace of the pod that was checkpointed, or null.</summary>
    public string? Namespace { get; init; }

    /// <summary>The name of the pod that was checkpointed, or null.</summary>
    public string? PodName { get; init; }

    /// <summary>The uid of the pod that was checkpointed, or null.</summary>
    public string? PodUid { get; init; }

    /// <summary>The name of the container that was checkpointed.</summary>
    public required string ContainerName { get; init; }

    /// <summary>What a restore of the container needs, or null where it is not known.</summary>
    public RestoreNeeds? Needs { get; init; }

    /// <summary>The image of the checkpointed container, as its spec named it, or null where it is not known.</summary>
    public string? BaseImage { get; init; }

    /// <summary>The architecture by its OCI name, such as <c>amd64</c>, or null where the image does not say.</summary>
    public string? Architecture { get; init; }

    /// <summary>When the checkpoint was taken, or null where that is not known.</summary>
    public DateTimeOffset? CheckpointedAt { get; init; }

    /// <summary>How the layer with the archive is compressed.</summary>
    public ArchiveCompression Compression { get; init; }

    /// <summary>The pod's manifest at the time of the checkpoint, or null where it is not known.</summary>
    public PodManifest? PodManifest { get; init; }

    /// <summary>The reference.</summary>
    public override string ToString() => TerminalText.Line(Reference);
}
