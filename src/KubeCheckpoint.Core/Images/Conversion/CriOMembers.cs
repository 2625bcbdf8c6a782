using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// What CRI-O reads of an archive besides the CRIU images (server/container_restore.go, internal/lib/restore.go): of spec.dump the annotation
/// <c>io.kubernetes.cri-o.Annotations</c>, the mounts, which the new pod must have, and the masked paths; of config.dump the base image and
/// the time of the checkpoint; the container's log.
/// </summary>
internal static class CriOMembers
{
    private const string LogName = "io.kubernetes.cri-o.LogPath";

    public static void Write(ConversionSource source, MountConversion mounts, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        overlay.Add("config.dump", KubernetesConfig.Of(source));
        overlay.Add("spec.dump", EditableJson.Write(Spec(source, mounts)));
        ContainerLogs.Copy(source, LogName, overlay, cancellationToken);
    }

    private static JsonObject Spec(ConversionSource source, MountConversion mounts)
    {
        var spec = (JsonObject)source.Spec.Root.DeepClone();
        if (source.Engine == CheckpointEngine.Podman)
            KeepBinds(source, spec, mounts);
        var identity = ContainerIdentity.Of(source);
        var annotations = source.Engine == CheckpointEngine.Podman ? [] : spec["annotations"] as JsonObject ?? [];
        annotations["io.container.manager"] = "cri-o";
        annotations["io.kubernetes.cri-o.Annotations"] = ToText(identity.Annotations);
        annotations["io.kubernetes.cri-o.Labels"] = ToText(identity.Labels);
        annotations["io.kubernetes.cri-o.Metadata"] = EditableJson.ToText(new JsonObject { ["name"] = source.Request.Archive.ContainerName });
        foreach (var (name, value) in identity.Labels.OrderBy(label => label.Key, StringComparer.Ordinal))
            annotations[name] = value;
        if (annotations.Parent is null)
            spec["annotations"] = annotations;
        return spec;
    }

    // CRI-O requires the pod to have every mount of spec.dump that it does not create itself. CRIU creates the tmpfs mounts of Podman.
    private static void KeepBinds(ConversionSource source, JsonObject spec, MountConversion mounts)
    {
        var binds = BindMounts.Of(source.Spec).Select(mount => mount.Path).Where(path => !mounts.DroppedPaths.Contains(path)).ToHashSet(StringComparer.Ordinal);
        var list = new JsonArray();
        foreach (var mount in source.Spec.ObjectsOf(spec["mounts"], "mounts").Where(IsKept).ToList())
            list.Add(mount.DeepClone());
        spec["mounts"] = list;

        bool IsKept(JsonObject mount) => (string?)mount["destination"] is { } path && (binds.Contains(path) || IsSystemMount(mount));
    }

    private static bool IsSystemMount(JsonObject mount) =>
        (string?)mount["type"] is "proc" or "sysfs" or "devpts" or "mqueue" or "cgroup"
        || (string?)mount["destination"] == "/dev";

    private static string ToText(Dictionary<string, string> map) => EditableJson.ToText(new JsonObject(
        map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))));
}
