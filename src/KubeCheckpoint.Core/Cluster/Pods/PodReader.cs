using System.Text.Json;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>Reads a <see cref="Pod"/> from the JSON of a server, which it keeps unchanged.</summary>
internal static class PodReader
{
    public static Pod Read(JsonElement pod, ClusterTarget? cluster = null, KubeletTarget? kubelet = null) => new()
    {
        Namespace = pod.Text("metadata", "namespace") ?? "default",
        PodName = pod.Text("metadata", "name") ?? "",
        PodUid = pod.Text("metadata", "uid"),
        NodeName = pod.Text("spec", "nodeName"),
        Status = PodStatusColumn.Of(pod),
        Phase = pod.Text("status", "phase"),
        PodIP = pod.Text("status", "podIP"),
        CreatedAt = pod.Time("metadata", "creationTimestamp"),
        Labels = Labels(pod),
        Containers = Containers(pod),
        Manifest = new(Manifest(pod)),
        IsReady = IsReady(pod),
        IsEnding = pod.Exists("metadata", "deletionTimestamp"),
        ResourceVersion = pod.Text("metadata", "resourceVersion"),
        OwnerUids = [.. pod.Items("metadata", "ownerReferences").Select(owner => owner.Text("uid")).OfType<string>()],
        StatusMessage = pod.Text("status", "message"),
        ConditionMessage = Conditions(pod).Select(condition => condition.Text("message")).FirstOrDefault(message => message is not null),
        Cluster = cluster,
        Kubelet = kubelet,
    };

    public static Dictionary<string, string> Labels(JsonElement pod)
    {
        var labels = pod.At("metadata", "labels");
        return labels.ValueKind != JsonValueKind.Object
            ? []
            : labels.EnumerateObject()
                .Where(label => label.Value.ValueKind == JsonValueKind.String)
                .ToDictionary(label => label.Name, label => label.Value.GetString()!, StringComparer.Ordinal);
    }

    private static bool IsReady(JsonElement pod) =>
        pod.Text("status", "phase") == "Running"
        && Conditions(pod).Any(condition => condition.Text("type") == "Ready" && condition.Text("status") == "True");

    private static IEnumerable<JsonElement> Conditions(JsonElement pod) => pod.Items("status", "conditions");

    /// <summary>The JSON as received. The items of a list lack kind and apiVersion, which are added.</summary>
    private static string Manifest(JsonElement pod)
    {
        var json = pod.GetRawText();
        if (pod.Exists("kind"))
            return json;
        return string.Concat("""{"kind":"Pod","apiVersion":"v1",""", json.AsSpan(json.IndexOf('{', StringComparison.Ordinal) + 1));
    }

    private static List<Container> Containers(JsonElement pod)
    {
        var list = new List<Container>();
        Add("initContainers", "initContainerStatuses", ContainerKind.Init);
        Add("containers", "containerStatuses", ContainerKind.Container);
        Add("ephemeralContainers", "ephemeralContainerStatuses", ContainerKind.Ephemeral);
        return list;

        void Add(string specs, string statuses, ContainerKind kind)
        {
            var byName = pod.Items("status", statuses)
                .DistinctBy(status => status.Text("name"))
                .ToDictionary(status => status.Text("name") ?? "", StringComparer.Ordinal);
            foreach (var spec in pod.Items("spec", specs))
            {
                var isSidecar = kind == ContainerKind.Init && spec.Text("restartPolicy") == "Always";
                byName.TryGetValue(spec.Text("name") ?? "", out var status);
                list.Add(ReadContainer(spec, status, isSidecar ? ContainerKind.Sidecar : kind));
            }
        }
    }

    private static Container ReadContainer(JsonElement spec, JsonElement status, ContainerKind kind)
    {
        var (state, detail) = State(status.At("state"));
        return new()
        {
            Name = spec.Text("name") ?? "",
            Kind = kind,
            Image = spec.Text("image"),
            ImageId = status.Text("imageID"),
            ContainerId = status.Text("containerID"),
            State = state,
            Reason = detail.Text("reason"),
            Message = detail.Text("message"),
            Ready = status.IsTrue("ready"),
            RestartCount = status.Number("restartCount") ?? 0,
            StartedAt = detail.Time("startedAt"),
        };
    }

    private static (ContainerState State, JsonElement Detail) State(JsonElement state) =>
        state.Exists("running") ? (ContainerState.Running, state.At("running"))
        : state.Exists("terminated") ? (ContainerState.Terminated, state.At("terminated"))
        : state.Exists("waiting") ? (ContainerState.Waiting, state.At("waiting"))
        : (ContainerState.Unknown, default);
}
