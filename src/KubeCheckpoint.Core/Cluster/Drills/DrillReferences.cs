using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Drills;

/// <summary>The config maps, secrets and the service account that a pod refers to.</summary>
internal sealed class DrillReferences
{
    /// <summary>Published into every namespace by the cluster itself.</summary>
    private const string RootCertificates = "kube-root-ca.crt";

    private readonly SortedDictionary<string, bool> _configMaps = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, bool> _secrets = new(StringComparer.Ordinal);

    private DrillReferences(string serviceAccount) => ServiceAccount = serviceAccount;

    public string ServiceAccount { get; }

    /// <summary>The config maps, and whether the pod does without.</summary>
    public IReadOnlyDictionary<string, bool> ConfigMaps => _configMaps;

    /// <summary>The secrets, and whether the pod does without.</summary>
    public IReadOnlyDictionary<string, bool> Secrets => _secrets;

    public static DrillReferences Of(string manifest)
    {
        var spec = JsonNode.Parse(manifest)!["spec"]!.AsObject();
        var references = new DrillReferences(spec.Word("serviceAccountName") ?? "default");
        foreach (var volume in spec.Objects("volumes"))
            references.AddVolume(volume);
        foreach (var container in spec.Containers())
            references.AddEnvironment(container);

        // A pod starts without its pull secrets, too; whether the pull succeeds is another matter.
        foreach (var secret in spec.Objects("imagePullSecrets"))
            Add(references._secrets, secret, "name", isOptional: true);
        references._configMaps.Remove(RootCertificates);
        return references;
    }

    private void AddVolume(JsonObject volume)
    {
        Add(_configMaps, volume["configMap"], "name");
        Add(_secrets, volume["secret"], "secretName");
        foreach (var source in (volume["projected"] as JsonObject)?.Objects("sources") ?? [])
        {
            Add(_configMaps, source["configMap"], "name");
            Add(_secrets, source["secret"], "name");
        }
    }

    private void AddEnvironment(JsonObject container)
    {
        foreach (var source in container.Objects("env").Select(variable => variable["valueFrom"]).OfType<JsonObject>())
        {
            Add(_configMaps, source["configMapKeyRef"], "name");
            Add(_secrets, source["secretKeyRef"], "name");
        }

        foreach (var source in container.Objects("envFrom"))
        {
            Add(_configMaps, source["configMapRef"], "name");
            Add(_secrets, source["secretRef"], "name");
        }
    }

    private static void Add(SortedDictionary<string, bool> names, JsonNode? reference, string field, bool isOptional = false)
    {
        if (reference is not JsonObject found || found.Word(field) is not { } name)
            return;
        isOptional = isOptional || found.Flag("optional") == true;
        names[name] = names.GetValueOrDefault(name, true) && isOptional;
    }
}
