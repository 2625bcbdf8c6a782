namespace KubeCheckpoint.Images.Oci;

/// <summary>The media types of the OCI image spec 1.1 that restore images use, and their counterparts from Docker.</summary>
internal static class OciMediaTypes
{
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    public const string Index = "application/vnd.oci.image.index.v1+json";
    public const string Config = "application/vnd.oci.image.config.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
    private const string Layer = "application/vnd.oci.image.layer.v1.tar";
    private const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";

    /// <summary>The media types that a registry is asked for.</summary>
    public static IReadOnlyList<string> Images { get; } = [Manifest, Index, DockerManifest, DockerIndex];

    public static bool IsImage(string mediaType) => Images.Contains(mediaType);

    /// <summary>Whether it is a part of an image that 'ctr containers checkpoint' made (containerd, core/images/mediatypes.go).</summary>
    public static bool IsContainerdCheckpoint(string mediaType) => mediaType.StartsWith("application/vnd.containerd.container.", StringComparison.Ordinal);

    public static string LayerOf(ArchiveCompression compression) => compression switch
    {
        ArchiveCompression.Gzip => Layer + "+gzip",
        ArchiveCompression.Zstd => Layer + "+zstd",
        _ => Layer,
    };

    /// <summary>The compression of a layer; null for a media type that is not a layer's.</summary>
    public static ArchiveCompression? CompressionOf(string? mediaType) => mediaType switch
    {
        Layer or DockerLayer => ArchiveCompression.None,
        Layer + "+gzip" or DockerLayer + ".gzip" => ArchiveCompression.Gzip,
        Layer + "+zstd" or DockerLayer + ".zstd" => ArchiveCompression.Zstd,
        _ => null,
    };
}
