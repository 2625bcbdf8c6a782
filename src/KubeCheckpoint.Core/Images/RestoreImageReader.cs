using KubeCheckpoint.Images.Checks;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images;

/// <summary>Reads restore images from manifests and configs.</summary>
internal static class RestoreImageReader
{
    /// <summary>The restore image.</summary>
    public static RestoreImage Read(FoundImage image, CheckpointAnnotations found, OciConfig config)
    {
        var annotations = found.Values;
        var layer = image.Manifest.Layers.Count > 0 ? image.Manifest.Layers[0] : null;
        var target = Parse(config.Labels.GetValueOrDefault(RestoreImageLabels.TargetRuntime)) ?? TargetRuntime(annotations);
        string? Common(string key) => annotations.GetValueOrDefault(RestoreImageAnnotations.Common + key) is { Length: > 0 } value ? value : null;
        return new RestoreImage
        {
            Reference = image.Reference,
            Digest = image.Descriptor.Digest.ToString(),
            LayerDigest = layer?.Digest.ToString(),
            Size = image.Descriptor.Size + image.Manifest.Config!.Size + image.Manifest.Layers.Sum(layer => layer.Size),
            Annotations = annotations,
            AnnotationSource = found.Source,
            Destination = image.Place,
            IsPushed = image.IsRegistry,
            Engine = Parse(config.Labels.GetValueOrDefault(RestoreImageLabels.Engine)) ?? Parse(Common("engine.name")) ?? target,
            TargetRuntime = target,
            Namespace = Common("pod.namespace"),
            PodName = Common("pod.name"),
            PodUid = Common("pod.uid"),
            ContainerName = config.Labels.GetValueOrDefault(RestoreImageLabels.ContainerName) is { Length: > 0 } name
                ? name
                : CheckpointAnnotations.ContainerName(annotations) ?? "",
            Needs = RestoreNeedsLabel.Read(config.Labels.GetValueOrDefault(RestoreImageLabels.Needs)),
            PodManifest = config.Labels.GetValueOrDefault(RestoreImageLabels.PodManifest) is { } manifest ? new(manifest) : null,
            BaseImage = Common("rootfsImageName")
                ?? annotations.GetValueOrDefault(RestoreImageAnnotations.CriO + "rootfsImageName")
                ?? annotations.GetValueOrDefault(RestoreImageAnnotations.Podman + "rootfsImageName"),

            // The builder's own architecture stands in the config of an image that a tool has built from scratch.
            Architecture = Common("host.arch") ?? annotations.GetValueOrDefault(RestoreImageAnnotations.Podman + "host.arch") ?? config.Architecture,
            CheckpointedAt = config.Created,
            Compression = OciMediaTypes.CompressionOf(layer?.MediaType) ?? ArchiveCompression.None,
        };
    }

    /// <summary>The runtime whose annotations it has: those of CRI-O and Podman are written for these only.</summary>
    private static CheckpointEngine TargetRuntime(IReadOnlyDictionary<string, string> annotations) =>
        annotations.ContainsKey(RestoreImageAnnotations.CriO + "name") ? CheckpointEngine.CriO
        : annotations.ContainsKey(RestoreImageAnnotations.Podman + "runtime.name") ? CheckpointEngine.Podman
        : CheckpointEngine.Containerd;

    // Labels have CriO, annotations CRI-O.
    private static CheckpointEngine? Parse(string? name) =>
        Enum.TryParse<CheckpointEngine>(name?.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var engine)
        && Enum.IsDefined(engine)
            ? engine
            : null;
}
