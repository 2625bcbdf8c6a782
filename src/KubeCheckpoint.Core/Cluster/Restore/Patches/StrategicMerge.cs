using System.Text.Json.Nodes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Restore.Patches;

/// <summary>
/// Merges as kubectl's strategic merge patch does for pods: objects member by member, null removes a member, lists with a merge key item
/// by item, other lists as a whole. <c>$patch</c> in an object says <c>delete</c> or <c>replace</c>. The merge keys are the
/// patchMergeKey tags of https://github.com/kubernetes/api/blob/master/core/v1/types.go
/// </summary>
internal static class StrategicMerge
{
    private const string Directive = "$patch";

    private static readonly Dictionary<string, string> MergeKeys = new(StringComparer.Ordinal)
    {
        ["containers"] = "name",
        ["initContainers"] = "name",
        ["volumes"] = "name",
        ["env"] = "name",
        ["imagePullSecrets"] = "name",
        ["resourceClaims"] = "name",
        ["schedulingGates"] = "name",
        ["volumeMounts"] = "mountPath",
        ["volumeDevices"] = "devicePath",
        ["ports"] = "containerPort",
        ["hostAliases"] = "ip",
        ["topologySpreadConstraints"] = "topologyKey",
        ["ownerReferences"] = "uid",
    };

    public static void Into(JsonObject target, JsonObject changes)
    {
        foreach (var (name, change) in changes)
        {
            if (name == Directive)
                continue;
            if (change is null)
                target.Remove(name);
            else
                target[name] = Merged(name, target[name], change);
        }
    }

    private static JsonNode? Merged(string name, JsonNode? target, JsonNode change) => (target, change) switch
    {
        (_, JsonObject members) when Is(members, "delete") => null,
        (JsonObject known, JsonObject members) when !Is(members, "replace") => MergedObject(known, members),
        (_, JsonObject members) => MergedObject([], members),
        (_, JsonArray items) when MergeKeys.TryGetValue(name, out var key) => MergedList(target as JsonArray ?? [], items, key),
        _ => change.DeepClone(),
    };

    private static JsonObject MergedObject(JsonObject target, JsonObject changes)
    {
        var merged = target.DeepClone().AsObject();
        Into(merged, changes);
        return merged;
    }

    private static JsonArray MergedList(JsonArray target, JsonArray changes, string key)
    {
        var isReplaced = changes.OfType<JsonObject>().Any(item => Is(item, "replace") && !item.ContainsKey(key));
        var merged = isReplaced ? [] : target.Select(item => item?.DeepClone()).ToList();
        foreach (var change in changes.OfType<JsonObject>())
        {
            if (change[key] is not { } value)
            {
                if (Is(change, "replace"))
                    continue;
                throw PatchFailure.PatchInvalid($"an item of a list lacks '{key}', by which the list is merged");
            }

            var at = merged.FindIndex(item => JsonNode.DeepEquals((item as JsonObject)?[key], value));
            if (Is(change, "delete"))
            {
                if (at >= 0)
                    merged.RemoveAt(at);
            }
            else if (at < 0)
            {
                merged.Add(MergedObject([], change));
            }
            else
            {
                merged[at] = Merged("", merged[at], change);
            }
        }

        return new JsonArray([.. merged]);
    }

    private static bool Is(JsonObject members, string directive) => members.Text(Directive) == directive;
}
