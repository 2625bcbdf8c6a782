using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>
/// The volume with the service account's token, which admission adds to every pod under a generated name. It is removed so that admission
/// adds it again at the same mount path, which CRI-O requires.
/// </summary>
internal static class ServiceAccountMount
{
    private const string VolumePrefix = "kube-api-access-";

    public static void Drop(PodDocument pod)
    {
        var spec = pod.Spec;

        // Admission would not add it again.
        if (spec.Flag("automountServiceAccountToken") == false)
            return;
        var injected = spec.Objects("volumes").Select(InjectedName).OfType<string>().ToHashSet(StringComparer.Ordinal);
        if (injected.Count == 0)
            return;
        Remove(spec, "volumes", volume => injected.Contains(volume.Text("name") ?? ""));
        foreach (var container in pod.Containers)
            Remove(container, "volumeMounts", mount => injected.Contains(mount.Text("name") ?? ""));
    }

    private static string? InjectedName(JsonObject volume) =>
        volume.ContainsKey("projected") && volume.Text("name") is { } name && name.StartsWith(VolumePrefix, StringComparison.Ordinal) ? name : null;

    private static void Remove(JsonObject owner, string field, Func<JsonObject, bool> isRemoved)
    {
        foreach (var item in owner.Objects(field).Where(isRemoved).ToList())
            owner[field]!.AsArray().Remove(item);
        if (owner[field] is JsonArray { Count: 0 })
            owner.Remove(field);
    }
}
