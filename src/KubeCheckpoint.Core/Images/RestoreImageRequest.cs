using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Images;

/// <summary>What to make a restore image of, and where to put it. At least one of Reference, Repository and Destination is set.</summary>
public sealed record RestoreImageRequest
{
    /// <summary>The archive. Its file becomes the image's first layer, byte for byte.</summary>
    public required CheckpointArchive Archive { get; init; }

    /// <summary>The runtime that is to restore it. Null: the one that wrote the archive.</summary>
    public CheckpointEngine? TargetRuntime { get; init; }

    /// <summary>
    /// The image that the container ran, as <see cref="TargetRuntime"/> is to find it, where that is not the runtime that wrote the archive.
    /// Null: what the archive says.
    /// </summary>
    public string? BaseImage { get; init; }

    /// <summary>The ID of that image, 64 hexadecimal digits. Null: what the archive says. Podman cannot do without.</summary>
    public string? BaseImageId { get; init; }

    /// <summary>The OCI runtime of the machine that is to restore the image with Podman: <c>runc</c> or <c>crun</c>. Null: that of the archive.</summary>
    public string? OciRuntime { get; init; }

    /// <summary>
    /// The image's full name; without a tag it is <c>latest</c>. With <see cref="Destination"/> the name it has in the layout.
    /// </summary>
    public string? Reference { get; init; }

    /// <summary>
    /// <c>registry/path</c> without a tag. The tag is made from the archive: <c>pod-container-20261123t065040z</c>, the time of
    /// the checkpoint in UTC.
    /// </summary>
    public string? Repository { get; init; }

    /// <summary>
    /// A full path instead of a registry. One that ends in <c>.tar</c>: an oci-archive is written there. Any other: a folder with
    /// an OCI image layout, which is added to when it is one already.
    /// </summary>
    public string? Destination { get; init; }

    /// <summary>The pod's manifest for the config's labels. Null: that of the archive.</summary>
    public PodManifest? PodManifest { get; init; }

    /// <summary>The architecture in OCI's words. Null: that of the archive, and <c>amd64</c> where the archive does not say.</summary>
    public string? Architecture { get; init; }

    /// <summary>
    /// How the layer is compressed. None: the archive goes as it is, also one that is compressed already. Gzip or Zstd: the archive's
    /// tar so compressed; an archive compressed in the other way is converted.
    /// </summary>
    public ArchiveCompression Compression { get; init; }

    /// <summary>A repository of the same registry, such as <c>restore/web</c>, that may have the layer already: then it is mounted from there.</summary>
    public string? MountFrom { get; init; }

    /// <summary>How to speak to the registry.</summary>
    public required RegistryOptions Registry { get; init; }
}
