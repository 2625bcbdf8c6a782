using System.Text.Json;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Archives.Summaries;

/// <summary>The pod and container of a checkpoint, from the annotations of spec.dump, which differ between engines.</summary>
internal sealed record CheckpointIdentity(CheckpointEngine Engine)
{
    public string? ContainerName { get; private init; }

    public string? PodName { get; private init; }

    public string? Namespace { get; private init; }

    public string? PodUid { get; private init; }

    public string? PodIP { get; private init; }

    public DateTimeOffset? CreatedAt { get; private init; }

    /// <param name="annotations">Those of spec.dump.</param>
    /// <param name="name">The container's name in config.dump.</param>
    public static CheckpointIdentity Of(IReadOnlyDictionary<string, string> annotations, string? name = null) =>
        annotations.GetValueOrDefault("io.container.manager") switch
        {
            "cri-o" => OfCriO(annotations),
            "libpod" => new CheckpointIdentity(CheckpointEngine.Podman),
            _ => OfContainerd(annotations, name),
        };

    private static CheckpointIdentity OfCriO(IReadOnlyDictionary<string, string> annotations)
    {
        var labels = InnerJson(annotations, "io.kubernetes.cri-o.Labels");
        string? Find(string key) => NonEmpty(annotations, key) ?? NonEmpty(labels, key);
        return new CheckpointIdentity(CheckpointEngine.CriO)
        {
            ContainerName = NonEmpty(InnerJson(annotations, "io.kubernetes.cri-o.Metadata"), "name") ?? Find("io.kubernetes.container.name"),
            PodName = Find("io.kubernetes.pod.name"),
            Namespace = Find("io.kubernetes.pod.namespace"),
            PodUid = Find("io.kubernetes.pod.uid"),
            PodIP = NonEmpty(annotations, "io.kubernetes.cri-o.IP.0"),
            CreatedAt = EngineTime.Parse(NonEmpty(annotations, "io.kubernetes.cri-o.Created")),
        };
    }

    // For a container that containerd has restored (seen in 2.1.9), the annotation is "containerd", whatever the container's name.
    private static CheckpointIdentity OfContainerd(IReadOnlyDictionary<string, string> annotations, string? name) => new(CheckpointEngine.Containerd)
    {
        ContainerName = FirstOfMadeName(name) ?? NonEmpty(annotations, "io.kubernetes.cri.container-name"),
        PodName = NonEmpty(annotations, "io.kubernetes.cri.sandbox-name"),
        Namespace = NonEmpty(annotations, "io.kubernetes.cri.sandbox-namespace"),
        PodUid = NonEmpty(annotations, "io.kubernetes.cri.sandbox-uid"),
    };

    // CONTAINER_POD_NAMESPACE_UID_ATTEMPT (containerd, internal/cri/server/helpers.go: makeContainerName); none of them has a '_' in it.
    private static string? FirstOfMadeName(string? name) => name?.Split('_') is [{ Length: > 0 } container, _, _, _, _] ? container : null;

    private static string? NonEmpty(IReadOnlyDictionary<string, string> map, string key) =>
        map.GetValueOrDefault(key) is { Length: > 0 } value ? value : null;

    // JSON inside an annotation only repeats other annotations: if it is invalid, those are used.
    private static Dictionary<string, string> InnerJson(IReadOnlyDictionary<string, string> annotations, string key) => StrictJson.TryRead(
        annotations.GetValueOrDefault(key, "{}"),
        root => root.EnumerateObject().Where(entry => entry.Value.ValueKind == JsonValueKind.String)
            .ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!)) ?? [];
}
