using System.Text.Json;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Preflight.Restores;

/// <summary>The objects that a pod manifest refers to, which must exist before its containers start.</summary>
internal sealed record PodReferences
{
    /// <summary>True if there is a readable manifest.</summary>
    public bool IsKnown { get; init; }

    public string ServiceAccount { get; init; } = "default";

    public IReadOnlyList<string> ConfigMaps { get; init; } = [];

    public IReadOnlyList<string> Secrets { get; init; } = [];

    public IReadOnlyList<string> Claims { get; init; } = [];

    public IReadOnlyList<string> PullSecrets { get; init; } = [];

    /// <summary>The names of the emptyDir volumes.</summary>
    public IReadOnlyList<string> EmptyDirs { get; init; } = [];

    public bool UsesHostNetwork { get; init; }

    public bool HasInitContainers { get; init; }

    public static PodReferences Read(string? manifest)
    {
        if (manifest is null)
            return new();
        try
        {
            using var json = JsonDocument.Parse(manifest);
            return json.RootElement.At("spec") is { ValueKind: JsonValueKind.Object } spec ? Read(spec) : new();
        }
        catch (JsonException)
        {
            return new();
        }
    }

    private static PodReferences Read(JsonElement spec)
    {
        List<JsonElement> volumes = [.. spec.Items("volumes"), .. spec.Items("volumes").SelectMany(volume => volume.Items("projected", "sources"))];
        List<JsonElement> containers = [.. spec.Items("initContainers"), .. spec.Items("containers")];
        List<JsonElement> environment =
        [
            .. containers.SelectMany(container => container.Items("envFrom")),
            .. containers.SelectMany(container => container.Items("env")).Select(variable => variable.At("valueFrom")),
        ];
        return new()
        {
            IsKnown = true,
            ServiceAccount = spec.Text("serviceAccountName") ?? "default",
            ConfigMaps = Names(volumes.Select(volume => volume.At("configMap")), environment.SelectMany(source => Of(source, "configMapRef", "configMapKeyRef"))),
            Secrets = Names(volumes.Select(volume => volume.At("secret")), environment.SelectMany(source => Of(source, "secretRef", "secretKeyRef"))),
            Claims = [.. volumes.Select(volume => volume.Text("persistentVolumeClaim", "claimName")).OfType<string>().Distinct()],
            PullSecrets = [.. spec.Items("imagePullSecrets").Select(secret => secret.Text("name")).OfType<string>().Distinct()],
            EmptyDirs = [.. spec.Items("volumes").Where(volume => volume.At("emptyDir").ValueKind == JsonValueKind.Object).Select(volume => volume.Text("name")).OfType<string>()],
            UsesHostNetwork = spec.IsTrue("hostNetwork"),
            HasInitContainers = spec.Items("initContainers").Any(),
        };
    }

    private static IEnumerable<JsonElement> Of(JsonElement source, params string[] names) => names.Select(name => source.At(name));

    /// <summary>The names of the objects that are not optional.</summary>
    private static List<string> Names(IEnumerable<JsonElement> volumes, IEnumerable<JsonElement> variables) =>
    [
        .. volumes.Concat(variables).Where(source => !source.IsTrue("optional"))
            .Select(source => source.Text("name") ?? source.Text("secretName")).OfType<string>().Distinct(),
    ];
}
