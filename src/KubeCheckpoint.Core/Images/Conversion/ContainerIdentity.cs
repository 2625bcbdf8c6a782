using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>The labels and annotations that the kubelet gives a container. CRI-O and containerd store them in different places.</summary>
/// <param name="Labels">The pod and the name of the container.</param>
/// <param name="Annotations">
/// The hash of its definition, its restarts and its termination message. On a restore the runtime replaces this hash with that of the new
/// pod; without a hash the kubelet considers the container changed, and kills it.
/// </param>
internal sealed record ContainerIdentity(Dictionary<string, string> Labels, Dictionary<string, string> Annotations)
{
    public const string ContainerNameLabel = "io.kubernetes.container.name";
    private const string HashAnnotation = "io.kubernetes.container.hash";

    private static readonly Dictionary<string, string> Defaults = new(StringComparer.Ordinal)
    {
        [HashAnnotation] = "0",
        ["io.kubernetes.container.restartCount"] = "0",
        ["io.kubernetes.container.terminationMessagePath"] = MountRoles.DefaultTerminationLog,
        ["io.kubernetes.container.terminationMessagePolicy"] = "File",
        ["io.kubernetes.pod.terminationGracePeriod"] = "30",
    };

    public static ContainerIdentity Of(ConversionSource source)
    {
        var archive = source.Request.Archive;
        var spec = source.Spec.MapOf(source.Spec.Root["annotations"], "annotations");
        var (labels, annotations) = source.Engine switch
        {
            CheckpointEngine.CriO => (
                EditableJson.InnerMap(spec.GetValueOrDefault("io.kubernetes.cri-o.Labels")),
                EditableJson.InnerMap(spec.GetValueOrDefault("io.kubernetes.cri-o.Annotations"))),
            CheckpointEngine.Containerd when source.Status is { } status => (
                status.MapOf(status.Root["labels"], "labels"), status.MapOf(status.Root["annotations"], "annotations")),
            _ => ([], []),
        };
        foreach (var (name, value) in Defaults)
            annotations.TryAdd(name, value);
        Put(labels, ContainerNameLabel, archive.ContainerName);
        Put(labels, "io.kubernetes.pod.name", archive.PodName);
        Put(labels, "io.kubernetes.pod.namespace", archive.Namespace);
        Put(labels, "io.kubernetes.pod.uid", archive.PodUid);
        return new ContainerIdentity(labels, annotations);
    }

    private static void Put(Dictionary<string, string> labels, string name, string? value)
    {
        if (value is not null)
            labels.TryAdd(name, value);
    }
}
