using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Images;

/// <summary>The archive of a restore image, and where the image goes. At least one of Reference, Repository and Destination is set.</summary>
public sealed record RestoreImageRequest
{
    /// <summary>The archive. Its file becomes the image's first layer, byte for byte.</summary>
    public required CheckpointArchive Archive { get; init; }

    /// <summary>The runtime that is to restore it. Default: the one that wrote the archive.</summary>
    public CheckpointEngine? TargetRuntime { get; init; }

    /// <summary>
    /// The container's image, by a name that <see cref="TargetRuntime"/> can pull, where that is not the runtime that wrote the archive.
    /// Default: the name in the archive.
    /// </summary>
    public string? BaseImage { get; init; }

    /// <summary>The ID of that image, 64 hexadecimal digits, which Podman requires. Default: the ID in the archive.</summary>
    public string? BaseImageId { get; init; }

    /// <summary>The OCI runtime of the machine that is to restore the image with Podman: <c>runc</c> or <c>crun</c>. Default: that of the archive.</summary>
    public string? OciRuntime { get; init; }

    /// <summary>
    /// The image's full name; the default tag is <c>latest</c>. With <see cref="Destination"/> the name in the layout.
    /// </summary>
    public string? Reference { get; init; }

    /// <summary>
    /// <c>registry/path</c> without a tag. The tag is generated from the archive: <c>pod-container-20261123t065040z</c>, the time of
    /// the checkpoint in UTC.
    /// </summary>
    public string? Repository { get; init; }

    /// <summary>
    /// A full path instead of a registry. A path that ends in <c>.tar</c> becomes an oci-archive. Any other is a folder with an OCI image
    /// layout, to which the image is added.
    /// </summary>
    public string? Destination { get; init; }

    /// <summary>The pod manifest for the labels of the config. Default: that of the archive.</summary>
    public PodManifest? PodManifest { get; init; }

    /// <summary>The architecture as in OCI images. Default: that of the archive, or <c>amd64</c> where the archive has none.</summary>
    public string? Architecture { get; init; }

    /// <summary>
    /// The compression of the layer. None: the archive as it is, even where it is compressed. Gzip or Zstd: the archive's tar in that
    /// compression.
    /// </summary>
    public ArchiveCompression Compression { get; init; }

    /// <summary>A repository of the same registry, such as <c>restore/web</c>, from which the layer is mounted if it has it.</summary>
    public string? MountFrom { get; init; }

    /// <summary>
    /// Called with the reason where the archive lacks memory that is elsewhere, as that of an incremental checkpoint is; the image is made
    /// all the same. Null: such an archive is refused.
    /// </summary>
    public Action<KubeCheckpointException>? OnMissingMemory { get; init; }

    /// <summary>Called with what the user should know of the image, although it is made. May be called from any thread. Null: nobody is told.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>How to connect to the registry.</summary>
    public required RegistryOptions Registry { get; init; }
}
