using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>
/// Makes of a pod's manifest the one to restore it with. CRIU wants every mount back and the kernel the same limits, so everything stays
/// except what cannot carry over.
/// </summary>
internal sealed class RestoreManifest
{
    private const string NameSuffix = "-restored";

    /// <summary>What an API server takes at most, 3 MiB (its MaxRequestBodyBytes): no pod is larger.</summary>
    private const int LargestManifest = 3 * 1024 * 1024;

    private readonly RestoreRequest _request;
    private readonly JsonObject _metadata;
    private readonly JsonObject _spec;

    private RestoreManifest(RestoreRequest request, JsonObject metadata, JsonObject spec)
    {
        _request = request;
        _metadata = metadata;
        _spec = spec;
    }

    public static string Build(RestoreRequest request, string podManifest) => OrInvalid(() => BuildPod(request, podManifest));

    private static string BuildPod(RestoreRequest request, string podManifest)
    {
        var pod = Parse(podManifest);
        var manifest = new RestoreManifest(request, pod["metadata"]!.AsObject(), pod["spec"]!.AsObject());
        var metadata = manifest.BuildMetadata();
        NodeRestriction.Place(manifest._spec, request.Placement.NodeName is null ? request.Placement with { NodeName = request.NodeName } : request.Placement);
        manifest.DropWhatTheServerSets();
        ServiceAccountMount.Drop(manifest._spec);
        RestoreContainers.UseImages(manifest._spec, request.Images, (string?)manifest._metadata["name"]);
        manifest.CompleteMounts();
        if (request.HostName is { } hostName)
            manifest._spec["hostname"] = hostName;
        pod.Remove("spec");
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = metadata, ["spec"] = manifest._spec }.ToJsonString();
    }

    /// <summary>Says which mounts a finished manifest lacks: it may be one that the user has changed.</summary>
    /// <exception cref="KubeCheckpointException">RestoreMountMissing, PodManifestInvalid.</exception>
    public static void CheckMounts(RestoreRequest request, string manifest) => OrInvalid(() =>
    {
        var pod = Parse(manifest);
        var mounts = new MountCompletion(pod["spec"]!.AsObject(), request.Placement.Runtime);
        foreach (var image in request.Images.Where(image => image.Needs is not null))
        {
            var missing = mounts.Missing(image.ContainerName, image.Needs!);
            if (missing.Count > 0)
                throw RestoreFailure.RestoreMountMissing((string)pod["metadata"]!["name"]!, image.ContainerName, missing);
        }

        return manifest;
    });

    private static JsonObject Parse(string podManifest)
    {
        if (podManifest.Length > LargestManifest)
            throw PodFailure.PodManifestInvalid($"it is larger than the {LargestManifest} bytes that an API server takes");
        if (JsonNode.Parse(podManifest) is JsonObject pod
            && (pod["kind"] is null || (string?)pod["kind"] == "Pod")
            && (string?)(pod["metadata"] as JsonObject)?["name"] is { Length: > 0 }
            && (pod["spec"] as JsonObject)?["containers"] is JsonArray { Count: > 0 })
        {
            return pod;
        }

        throw PodFailure.PodManifestInvalid("it is not a pod with a name and containers");
    }

    /// <summary>JSON is looked into when it is asked for: a name that stands twice, or a number where a word belongs, shows late.</summary>
    private static string OrInvalid(Func<string> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            throw PodFailure.PodManifestInvalid(exception.Message.TrimEnd('.'), exception);
        }
    }

    private JsonObject BuildMetadata()
    {
        var oldName = (string)_metadata["name"]!;
        var oldNamespace = (string?)_metadata["namespace"] ?? "default";
        var ns = ResourceName.Namespace(_request.Namespace ?? oldNamespace);
        var metadata = new JsonObject { ["name"] = ResourceName.Pod(_request.Name ?? DefaultName(oldName)), ["namespace"] = ns };
        Copy(metadata, "labels", key => _request.KeepOwnerReferences || !CarryOver.IsOwnersLabel(key), _request.Labels);
        Copy(metadata, "annotations", key => !CarryOver.IsStatusAnnotation(key), _request.Annotations);
        if (!_request.KeepOwnerReferences || _metadata["ownerReferences"] is not JsonArray owners)
            return metadata;

        // The garbage collector deletes a pod whose owner is not in its namespace.
        if (ns != oldNamespace)
            throw RestoreFailure.OwnerInOtherNamespace(oldNamespace, ns);
        metadata["ownerReferences"] = owners.DeepClone();
        return metadata;
    }

    private static string DefaultName(string oldName) => WithSuffix(oldName, NameSuffix);

    /// <summary>A name with a suffix, short enough to be the pod's host name too.</summary>
    public static string WithSuffix(string name, string suffix)
    {
        var room = ResourceName.LabelLength - suffix.Length;
        return (name.Length <= room ? name : name[..room].TrimEnd('-', '.')) + suffix;
    }

    private void Copy(JsonObject metadata, string field, Func<string, bool> isKept, IReadOnlyDictionary<string, string?> changes)
    {
        if (_metadata[field] is not JsonObject && changes.Count == 0)
            return;
        var kept = (_metadata[field] as JsonObject ?? []).Where(pair => isKept(pair.Key) && !changes.ContainsKey(pair.Key))
            .Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()));
        var set = changes.Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value)));
        metadata[field] = new JsonObject([.. kept, .. set]);
    }

    private void CompleteMounts()
    {
        var mounts = new MountCompletion(_spec, _request.Placement.Runtime);
        foreach (var image in _request.Images.Where(image => image.Needs is not null))
            mounts.Complete(image.ContainerName, image.Needs!);
    }

    /// <summary>Numbers that admission computes again and refuses when they differ, and what only a running pod can have.</summary>
    private void DropWhatTheServerSets()
    {
        foreach (var field in (string[])["priority", "preemptionPolicy", "overhead", "ephemeralContainers", "schedulingGates"])
        {
            _spec.Remove(field);
        }
    }
}
