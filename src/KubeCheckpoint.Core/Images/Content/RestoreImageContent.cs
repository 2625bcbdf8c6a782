using System.Globalization;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Conversion;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Content;

/// <summary>The documents of a restore image, and its layers. The same archive, pod manifest and architecture always give the same bytes.</summary>
internal sealed record RestoreImageContent(
    OciBlob Config,
    OciBlob Manifest,
    IReadOnlyList<OciDescriptor> Layers,
    RuntimeConversion Conversion,
    SortedDictionary<string, string> Annotations,
    string Architecture)
{
    private const string DefaultArchitecture = "amd64";
    private const string Root = "0:0";

    /// <summary>The layer over the archive, or null.</summary>
    public OverlayLayer? Overlay => Conversion.Overlay;

    public long Size => Config.Descriptor.Size + Manifest.Descriptor.Size + Layers.Sum(layer => layer.Size);

    /// <param name="archive">The archive.</param>
    /// <param name="targetRuntime">The runtime that is to restore it.</param>
    /// <param name="podManifest">The pod manifest for the label, or null.</param>
    /// <param name="architecture">The architecture; null for that of the archive.</param>
    /// <param name="layer">The archive as a layer.</param>
    /// <param name="conversion">What the runtime needs besides the archive.</param>
    public static RestoreImageContent Of(
        CheckpointArchive archive, CheckpointEngine targetRuntime, string? podManifest, string? architecture, ArchiveLayer layer, RuntimeConversion conversion)
    {
        architecture ??= archive.Architecture ?? DefaultArchitecture;
        var annotations = RestoreImageAnnotations.Of(archive, targetRuntime, conversion, architecture);
        var config = OciBlob.Of(OciMediaTypes.Config, OciJson.Write(ConfigOf(archive, targetRuntime, podManifest, architecture, layer, conversion)));
        OciDescriptor[] layers = conversion.Overlay is { } overlay ? [layer.Descriptor, overlay.Descriptor] : [layer.Descriptor];
        var manifest = OciBlob.Of(OciMediaTypes.Manifest, OciJson.Write(new OciManifest(2, OciMediaTypes.Manifest, config.Descriptor, layers, annotations)));
        return new RestoreImageContent(config, manifest, layers, conversion, annotations, architecture);
    }

    private static OciImageConfig ConfigOf(
        CheckpointArchive archive, CheckpointEngine targetRuntime, string? podManifest, string architecture, ArchiveLayer layer, RuntimeConversion conversion)
    {
        var created = (archive.CheckpointedAt ?? archive.CreatedAt)?.ToUniversalTime()
            .ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [RestoreImageLabels.ContainerName] = archive.RequireContainerName(),
            [RestoreImageLabels.Engine] = archive.RequireEngine().ToString(),
            [RestoreImageLabels.TargetRuntime] = targetRuntime.ToString(),
        };
        if (podManifest is not null)
            labels[RestoreImageLabels.PodManifest] = podManifest;
        if (conversion.Needs is { } needs)
            labels[RestoreImageLabels.Needs] = RestoreNeedsLabel.Write(needs);
        List<Digest> diffIds = [layer.DiffId];
        List<OciHistory> history = [new(created, "KubeCheckpoint", "checkpoint archive")];
        if (conversion.Overlay is { } overlay)
        {
            diffIds.Add(overlay.Digest);
            history.Add(new OciHistory(created, "KubeCheckpoint", $"members for {targetRuntime}"));
        }

        // The processes come back with their own users. This one is that of further commands in the container, and of the kubelet's check for
        // runAsNonRoot.
        var user = archive.User == Root ? null : archive.User;
        return new OciImageConfig(created, architecture, "linux", new OciRuntimeConfig(user, labels), new OciRootFs("layers", diffIds), history);
    }
}
