using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>
/// The volume with the service account's token, which admission gives every pod under a name of its own. It is taken out so that it is
/// given anew, at the same mount path, which CRI-O insists on.
/// </summary>
internal static class ServiceAccountMount
{
    private const string VolumePrefix = "kube-api-access-";

    public static void Drop(JsonObject spec)
    {
        // Admission would give none back.
        if (spec.Flag("automountServiceAccountToken") == false)
            return;
        var injected = spec.Objects("volumes").Where(IsInjected).Select(volume => (string)volume["name"]!).ToHashSet(StringComparer.Ordinal);
        if (injected.Count == 0)
            return;
        Remove(spec, "volumes", volume => injected.Contains((string?)volume["name"] ?? ""));
        foreach (var container in spec.Containers())
        {
            Remove(container, "volumeMounts", mount => injected.Contains((string?)mount["name"] ?? ""));
        }
    }

    private static bool IsInjected(JsonObject volume) =>
        volume["projected"] is not null && ((string?)volume["name"])?.StartsWith(VolumePrefix, StringComparison.Ordinal) == true;

    private static void Remove(JsonObject owner, string field, Func<JsonObject, bool> isRemoved)
    {
        foreach (var item in owner.Objects(field).Where(isRemoved).ToList())
            owner[field]!.AsArray().Remove(item);
        if (owner[field] is JsonArray { Count: 0 })
            owner.Remove(field);
    }
}
