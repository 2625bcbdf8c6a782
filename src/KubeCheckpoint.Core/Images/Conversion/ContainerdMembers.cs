using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// What containerd reads of an archive besides the CRIU images (internal/cri/server/container_checkpoint_linux.go of 2.1 and 2.3): config.dump for
/// the base image; status.dump for the annotations and the name of the image that the kubelet gets; container.log. spec.dump must exist, but the
/// container's own is created from the pod. A member <c>status</c>, which containerd writes, is left out: up to 2.1.8 a restore would
/// overwrite that of the new container with it.
/// </summary>
internal static class ContainerdMembers
{
    private const int Running = 1; // CONTAINER_RUNNING of the CRI
    private const long NanosecondsPerTick = 100;

    public static void Write(ConversionSource source, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        overlay.Add("config.dump", KubernetesConfig.Of(source));
        overlay.Add("spec.dump", EditableJson.Write(Spec(source)));
        overlay.Add("status.dump", EditableJson.Write(Status(source)));
        ContainerLogs.Copy(source, "container.log", overlay, cancellationToken);
    }

    // Readers of the image must not take it for the other engine's.
    private static JsonObject Spec(ConversionSource source)
    {
        var archive = source.Request.Archive;
        var spec = (JsonObject)source.Spec.Root.DeepClone();
        var annotations = spec["annotations"] as JsonObject ?? [];
        annotations.Remove("io.container.manager");
        void Put(string name, string? value)
        {
            if (value is not null)
                annotations["io.kubernetes.cri." + name] = value;
        }
        Put("container-name", archive.ContainerName);
        Put("container-type", "container");
        Put("image-name", source.Base.Name);
        Put("sandbox-name", archive.PodName);
        Put("sandbox-namespace", archive.Namespace);
        Put("sandbox-uid", archive.PodUid);
        if (annotations.Parent is null)
            spec["annotations"] = annotations;
        return spec;
    }

    private static JsonObject Status(ConversionSource source)
    {
        var identity = ContainerIdentity.Of(source);
        var status = new JsonObject
        {
            ["id"] = source.Config.Text("id"),
            ["metadata"] = new JsonObject { ["name"] = source.Request.Archive.ContainerName },
            ["state"] = Running,
            ["created_at"] = Nanoseconds(source.Request.Archive.CreatedAt),
            ["started_at"] = Nanoseconds(source.Request.Archive.CreatedAt),
            ["image"] = new JsonObject { ["image"] = source.Base.Name },
            ["image_ref"] = source.Base.Reference,
            ["labels"] = ToObject(identity.Labels),
            ["annotations"] = ToObject(identity.Annotations),
        };
        if (source.Base.Id is { } id)
            status["image_id"] = "sha256:" + id;
        return status;
    }

    private static long Nanoseconds(DateTimeOffset? time) => time is { } known ? (known.UtcDateTime - DateTime.UnixEpoch).Ticks * NanosecondsPerTick : 0;

    private static JsonObject ToObject(Dictionary<string, string> map) =>
        new(map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
}
