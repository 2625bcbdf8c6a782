namespace KubeCheckpoint.Images.Oci;

/// <summary>The media types of the OCI image spec 1.1 that restore images use.</summary>
internal static class OciMediaTypes
{
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    public const string Index = "application/vnd.oci.image.index.v1+json";
    public const string Config = "application/vnd.oci.image.config.v1+json";
    private const string Layer = "application/vnd.oci.image.layer.v1.tar";

    public static string LayerOf(ArchiveCompression compression) => compression switch
    {
        ArchiveCompression.Gzip => Layer + "+gzip",
        ArchiveCompression.Zstd => Layer + "+zstd",
        _ => Layer,
    };
}
