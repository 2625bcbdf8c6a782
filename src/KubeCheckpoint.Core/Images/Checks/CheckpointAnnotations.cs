using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images.Checks;

/// <summary>The annotations by which an image is recognized as a restore image, and where they are.</summary>
/// <param name="Values">Those of the manifest, and those of the checkpoint.</param>
/// <param name="Source">Where those of the checkpoint are.</param>
internal sealed record CheckpointAnnotations(IReadOnlyDictionary<string, string> Values, AnnotationSource Source)
{
    /// <summary>The annotations of an image, or null if it is no restore image of any tool.</summary>
    public static CheckpointAnnotations? Of(FoundImage image)
    {
        var manifest = image.Manifest.Annotations;
        if (IsCheckpoint(manifest))
            return new(manifest, AnnotationSource.Manifest);
        if (image.Index is { } index && IsCheckpoint(index.Annotations))
            return new(Merge(index.Annotations, manifest), AnnotationSource.Index);
        return image.Described.FirstOrDefault(IsCheckpoint) is { } described
            ? new(Merge(described, manifest), AnnotationSource.Descriptor)
            : null;
    }

    /// <summary>Whether a runtime or tool recognizes a restore image by these annotations.</summary>
    public static bool IsCheckpoint(IReadOnlyDictionary<string, string> annotations) => ContainerName(annotations) is not null;

    /// <summary>The name of the container, which may be empty; null where the annotations are those of no checkpoint.</summary>
    public static string? ContainerName(IReadOnlyDictionary<string, string> annotations) =>
        new[] { RestoreImageAnnotations.Common + "container.name", RestoreImageAnnotations.CriO + "name", RestoreImageAnnotations.Podman + "name" }
            .Select(key => annotations.GetValueOrDefault(key)).FirstOrDefault(name => name is not null)
        ?? (annotations.ContainsKey(RestoreImageAnnotations.Podman + "runtime.name") ? "" : null);

    /// <summary>Why runtimes do not recognize an image whose annotations are not on its manifest; null for one whose annotations are there.</summary>
    public static string? Problem(AnnotationSource source) => source switch
    {
        AnnotationSource.Index =>
            "The checkpoint's annotations are only on the index. CRI-O and Podman read those of the manifest, " +
            "and containerd those of the index only if the reference leads to it",
        AnnotationSource.Descriptor => "The checkpoint's annotations are only on the descriptor in the index. Every runtime reads those of the manifest",
        _ => null,
    };

    private static SortedDictionary<string, string> Merge(IReadOnlyDictionary<string, string> found, IReadOnlyDictionary<string, string> manifest)
    {
        var merged = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in found.Where(pair => IsOfCheckpoint(pair.Key)).Concat(manifest))
            merged[key] = value;
        return merged;
    }

    // Others, such as the name in a layout, belong to the index.
    private static bool IsOfCheckpoint(string key) =>
        key.StartsWith(RestoreImageAnnotations.Common, StringComparison.Ordinal)
        || key.StartsWith(RestoreImageAnnotations.CriO, StringComparison.Ordinal)
        || key.StartsWith(RestoreImageAnnotations.Podman, StringComparison.Ordinal);
}
