using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>Reads and edits a pod's spec, any part of which may be missing.</summary>
internal static class PodSpecs
{
    /// <summary>The objects of a list.</summary>
    public static IEnumerable<JsonObject> Objects(this JsonObject owner, string list) => (owner[list] as JsonArray ?? []).OfType<JsonObject>();

    /// <summary>The containers that can be restored: those of the pod, then the init containers, sidecars among them.</summary>
    public static IEnumerable<JsonObject> Containers(this JsonObject spec) => spec.Objects("containers").Concat(spec.Objects("initContainers"));

    /// <summary>The text of a member, or null if it is absent or not text.</summary>
    public static string? Word(this JsonObject owner, string name) =>
        owner[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    /// <summary>The boolean value of a member, or null if it is absent or not a boolean.</summary>
    public static bool? Flag(this JsonObject owner, string name) =>
        owner[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

    /// <summary>Appends to a list, creating it if it is absent.</summary>
    public static void Append(this JsonObject owner, string list, JsonNode item)
    {
        if (owner[list] is not JsonArray items)
        {
            items = [];
            owner[list] = items;
        }

        items.Add(item);
    }
}
