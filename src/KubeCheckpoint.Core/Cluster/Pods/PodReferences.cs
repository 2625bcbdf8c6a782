using System.Text.Json.Nodes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>The objects of its namespace that a pod refers to: they must be there before its containers start.</summary>
internal sealed class PodReferences
{
    private readonly SortedDictionary<string, bool> _configMaps = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, bool> _secrets = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _claims = new(StringComparer.Ordinal);

    private PodReferences(string serviceAccount) => ServiceAccount = serviceAccount;

    public string ServiceAccount { get; }

    /// <summary>The config maps, each with whether the pod also starts without it.</summary>
    public IReadOnlyDictionary<string, bool> ConfigMaps => _configMaps;

    /// <summary>The secrets of volumes and environment, each with whether the pod also starts without it.</summary>
    public IReadOnlyDictionary<string, bool> Secrets => _secrets;

    /// <summary>The secrets that images are pulled with. A pod starts without them, where the pull succeeds.</summary>
    public required IReadOnlyList<string> PullSecrets { get; init; }

    /// <summary>The persistent volume claims.</summary>
    public IReadOnlyCollection<string> Claims => _claims;

    public static PodReferences Of(PodDocument pod)
    {
        var references = new PodReferences(pod.Spec.Text("serviceAccountName") ?? "default") { PullSecrets = [.. pod.PullSecrets.Distinct()] };
        foreach (var volume in pod.Volumes)
            references.AddVolume(volume);
        foreach (var container in pod.Containers)
            references.AddEnvironment(container);
        return references;
    }

    private void AddVolume(JsonObject volume)
    {
        Add(_configMaps, volume.Object("configMap"), "name");
        Add(_secrets, volume.Object("secret"), "secretName");
        if (volume.Object("persistentVolumeClaim")?.Text("claimName") is { } claim)
            _claims.Add(claim);
        foreach (var source in volume.Object("projected")?.Objects("sources") ?? [])
        {
            Add(_configMaps, source.Object("configMap"), "name");
            Add(_secrets, source.Object("secret"), "name");
        }
    }

    private void AddEnvironment(JsonObject container)
    {
        foreach (var source in container.Objects("env").Select(variable => variable.Object("valueFrom")).OfType<JsonObject>())
        {
            Add(_configMaps, source.Object("configMapKeyRef"), "name");
            Add(_secrets, source.Object("secretKeyRef"), "name");
        }

        foreach (var source in container.Objects("envFrom"))
        {
            Add(_configMaps, source.Object("configMapRef"), "name");
            Add(_secrets, source.Object("secretRef"), "name");
        }
    }

    private static void Add(SortedDictionary<string, bool> names, JsonObject? reference, string field)
    {
        if (reference?.Text(field) is { } name)
            names[name] = names.GetValueOrDefault(name, true) && reference.Flag("optional") == true;
    }
}
