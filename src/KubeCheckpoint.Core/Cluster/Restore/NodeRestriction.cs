using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Restricts the nodes that a pod may run on.</summary>
internal static class NodeRestriction
{
    private const string HostNameLabel = "kubernetes.io/hostname";
    private const string Required = "requiredDuringSchedulingIgnoredDuringExecution";

    /// <summary>
    /// Sets a requested node in the spec itself, because users may want to restore on a cordoned node or one with a NoSchedule taint. The
    /// kubelet still checks resources and affinity, so what ties the pod to its old node is removed.
    /// </summary>
    public static void Place(JsonObject spec, PodPlacement placement)
    {
        spec.Remove("nodeName");
        if (placement.NodeName is { } node)
        {
            spec["nodeName"] = ResourceName.Node(node);
            Untie(spec);
        }
        else if (placement.Unfit.Count > 0)
        {
            Restrict(spec, placement);
        }
    }

    /// <summary>The part of a pod's selector and required affinity that a node does not match, for which its kubelet would reject the pod; or null.</summary>
    public static string? Mismatch(JsonObject spec, ClusterNode node)
    {
        var unmet = (spec.Object("nodeSelector") ?? []).Where(pair => node.Labels.GetValueOrDefault(pair.Key) != pair.Value?.ToString()).ToList();
        if (unmet.Count > 0)
            return $"nodeSelector {string.Join(", ", unmet.Select(pair => $"{pair.Key}={pair.Value}"))}";
        return Existing(spec) is { Count: > 0 } terms && !terms.OfType<JsonObject>().Any(term => Fits(term, node)) ? "required node affinity" : null;
    }

    /// <summary>Leaves the scheduler only one node.</summary>
    public static void Pin(JsonObject spec, string node)
    {
        foreach (var term in Terms(spec))
        {
            term.Append("matchFields", new JsonObject
            {
                ["key"] = "metadata.name",
                ["operator"] = "In",
                ["values"] = new JsonArray(ResourceName.Node(node)),
            });
        }
    }

    /// <summary>Removes what ties a pod to the node it was on.</summary>
    public static void Untie(JsonObject spec)
    {
        spec.Object("nodeSelector")?.Remove(HostNameLabel);
        if (Existing(spec) is not { } terms)
            return;
        foreach (var term in terms.OfType<JsonObject>())
        {
            // A DaemonSet's pods are tied to their node by matchFields.
            term.Remove("matchFields");
        }

        // A term without any expression would match no node.
        if (terms.OfType<JsonObject>().Any(term => term.Count == 0))
            NodeAffinity(spec)?.Remove(Required);
    }

    private static bool Fits(JsonObject term, ClusterNode node) =>
        term.Objects("matchExpressions").All(expression => ObjectSelector.Holds(expression, node.Labels))
        && term.Objects("matchFields").All(field => ObjectSelector.Holds(field, new Dictionary<string, string> { ["metadata.name"] = node.Name }));

    /// <summary>
    /// There is no label for runtimes, so the nodes are listed by name: those that fit or those that do not, whichever are fewer. The host name
    /// label is used because a matchFields term takes only one name.
    /// </summary>
    private static void Restrict(JsonObject spec, PodPlacement placement)
    {
        var isShort = placement.Fitting.Count <= placement.Unfit.Count;
        var names = (isShort ? placement.Fitting : placement.Unfit).Select(node => node.Labels.GetValueOrDefault(HostNameLabel)).OfType<string>();
        foreach (var term in Terms(spec))
        {
            term.Append("matchExpressions", new JsonObject
            {
                ["key"] = HostNameLabel,
                ["operator"] = isShort ? "In" : "NotIn",
                ["values"] = new JsonArray([.. names.Select(name => (JsonNode)name)]),
            });
        }
    }

    /// <summary>The terms of the required node affinity, of which one must match; created if there are none.</summary>
    private static IEnumerable<JsonObject> Terms(JsonObject spec)
    {
        if (Existing(spec) is { Count: > 0 } terms)
            return terms.OfType<JsonObject>();
        var term = new JsonObject();
        spec.Child("affinity").Child("nodeAffinity")[Required] = new JsonObject { ["nodeSelectorTerms"] = new JsonArray(term) };
        return [term];
    }

    private static JsonArray? Existing(JsonObject spec) => NodeAffinity(spec)?.Object(Required)?["nodeSelectorTerms"] as JsonArray;

    private static JsonObject? NodeAffinity(JsonObject spec) => spec.Object("affinity")?.Object("nodeAffinity");
}
