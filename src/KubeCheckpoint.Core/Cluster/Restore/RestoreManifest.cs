using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster;

/// <summary>
/// Makes of a pod's manifest the one to restore it with. CRIU wants every mount back and the kernel the same limits, so everything stays
/// except what cannot carry over.
/// </summary>
internal sealed class RestoreManifest
{
    private const string NameSuffix = "-restored";

    private readonly RestoreRequest _request;
    private readonly JsonObject _metadata;
    private readonly JsonObject _spec;

    private RestoreManifest(RestoreRequest request, JsonObject metadata, JsonObject spec)
    {
        _request = request;
        _metadata = metadata;
        _spec = spec;
    }

    public static string Build(RestoreRequest request, string podManifest)
    {
        var pod = Parse(podManifest);
        var manifest = new RestoreManifest(request, pod["metadata"]!.AsObject(), pod["spec"]!.AsObject());
        var metadata = manifest.BuildMetadata();
        manifest.PlaceOnNode();
        manifest.DropWhatTheServerSets();
        ServiceAccountMount.Drop(manifest._spec);
        RestoreContainers.UseImages(manifest._spec, request.Images, (string?)manifest._metadata["name"]);
        pod.Remove("spec");
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = metadata, ["spec"] = manifest._spec }.ToJsonString();
    }

    private static JsonObject Parse(string podManifest)
    {
        try
        {
            if (JsonNode.Parse(podManifest) is JsonObject pod
                && (pod["kind"] is null || (string?)pod["kind"] == "Pod")
                && (string?)(pod["metadata"] as JsonObject)?["name"] is { Length: > 0 }
                && (pod["spec"] as JsonObject)?["containers"] is JsonArray { Count: > 0 })
            {
                return pod;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            throw ClusterFailure.PodManifestInvalid(exception.Message, exception);
        }

        throw ClusterFailure.PodManifestInvalid("it is not a pod with a name and containers");
    }

    private JsonObject BuildMetadata()
    {
        var oldName = (string)_metadata["name"]!;
        var oldNamespace = (string?)_metadata["namespace"] ?? "default";
        var ns = ResourceName.Namespace(_request.Namespace ?? oldNamespace);
        var metadata = new JsonObject { ["name"] = ResourceName.Pod(_request.Name ?? DefaultName(oldName)), ["namespace"] = ns };
        Copy(metadata, "labels", key => _request.KeepOwnerReferences || !CarryOver.IsOwnersLabel(key));
        Copy(metadata, "annotations", key => !CarryOver.IsStatusAnnotation(key));
        if (!_request.KeepOwnerReferences || _metadata["ownerReferences"] is not JsonArray owners) return metadata;

        // The garbage collector deletes a pod whose owner is not in its namespace.
        if (ns != oldNamespace) throw ClusterFailure.OwnerInOtherNamespace(oldNamespace, ns);
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

    private void Copy(JsonObject metadata, string field, Func<string, bool> isKept)
    {
        if (_metadata[field] is not JsonObject values) return;
        var kept = values.Where(pair => isKept(pair.Key)).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()));
        metadata[field] = new JsonObject(kept);
    }

    /// <summary>
    /// A node that was asked for is set in the spec itself: a cordoned node, or one with a NoSchedule taint, is where one may well want to
    /// restore. The kubelet still checks resources and affinity, so what ties the pod to its old node goes.
    /// </summary>
    private void PlaceOnNode()
    {
        _spec.Remove("nodeName");
        if (_request.NodeName is null) return;
        _spec["nodeName"] = ResourceName.Node(_request.NodeName);
        (_spec["nodeSelector"] as JsonObject)?.Remove("kubernetes.io/hostname");
        var required = _spec["affinity"]?["nodeAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"];
        foreach (var term in (required?["nodeSelectorTerms"] as JsonArray ?? []).OfType<JsonObject>().ToList())
        {
            // A DaemonSet's pods are tied to their node by matchFields. A term without any expression would match no node.
            if (term.Remove("matchFields") && term.Count == 0)
            {
                (_spec["affinity"]!["nodeAffinity"] as JsonObject)!.Remove("requiredDuringSchedulingIgnoredDuringExecution");
            }
        }
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
