using System.Globalization;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images;

/// <summary>The documents of a restore image. The same archive, manifest and architecture always give the same bytes.</summary>
internal sealed record RestoreImageContent(
    byte[] Config,
    OciDescriptor ConfigDescriptor,
    byte[] Manifest,
    OciDescriptor ManifestDescriptor,
    OciDescriptor LayerDescriptor,
    SortedDictionary<string, string> Annotations,
    string Architecture)
{
    private const string DefaultArchitecture = "amd64";

    public long Size => ConfigDescriptor.Size + ManifestDescriptor.Size + LayerDescriptor.Size;

    /// <param name="archive">The archive.</param>
    /// <param name="podManifest">The pod's manifest as it stands in the label, or null.</param>
    /// <param name="architecture">The architecture asked for; null for the archive's.</param>
    /// <param name="layer">The archive as a layer.</param>
    public static RestoreImageContent Of(CheckpointArchive archive, string? podManifest, string? architecture, ArchiveLayer layer)
    {
        architecture ??= archive.Architecture ?? DefaultArchitecture;
        var annotations = RestoreImageAnnotations.Of(archive, architecture);
        var config = OciJson.Write(ConfigOf(archive, podManifest, architecture, layer.DiffId));
        var configDescriptor = Describe(OciMediaTypes.Config, config);
        var manifest = OciJson.Write(new OciManifest(2, OciMediaTypes.Manifest, configDescriptor, [layer.Descriptor], annotations));
        return new RestoreImageContent(
            config, configDescriptor, manifest, Describe(OciMediaTypes.Manifest, manifest), layer.Descriptor, annotations, architecture);
    }

    private static OciImageConfig ConfigOf(CheckpointArchive archive, string? podManifest, string architecture, Digest diffId)
    {
        var created = (archive.CheckpointedAt ?? archive.CreatedAt)?.ToUniversalTime()
            .ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [RestoreImageLabels.ContainerName] = archive.ContainerName,
            [RestoreImageLabels.Engine] = archive.Engine.ToString(),
        };
        if (podManifest is not null)
            labels[RestoreImageLabels.PodManifest] = podManifest;
        var history = new OciHistory(created, "KubeCheckpoint", "checkpoint archive");
        return new OciImageConfig(
            created, architecture, "linux", new OciRuntimeConfig(labels), new OciRootFs("layers", [diffId.ToString()]), [history]);
    }

    private static OciDescriptor Describe(string mediaType, byte[] content) =>
        new(mediaType, Digest.Of(content).ToString(), content.Length);
}
