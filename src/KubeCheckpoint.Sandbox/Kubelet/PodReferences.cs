using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>The config maps and secrets that a pod needs, and the kubelet's message for a missing one.</summary>
internal static class PodReferences
{
    /// <summary>The message for an object that a volume needs and that is missing; null if none is.</summary>
    public static string? MissingOf(ClusterState state, string ns, JsonObject volume) =>
        Missing(state, ns, "configmaps", "configmap", volume["configMap"], "name")
        ?? Missing(state, ns, "secrets", "secret", volume["secret"], "secretName")
        ?? volume.Items("projected", "sources").Select(source =>
            Missing(state, ns, "configmaps", "configmap", source["configMap"], "name") ?? Missing(state, ns, "secrets", "secret", source["secret"], "name"))
            .FirstOrDefault(missing => missing is not null);

    /// <summary>The message for an object that a container's environment needs and that is missing; null if none is.</summary>
    public static string? MissingOfEnvironment(ClusterState state, string ns, JsonObject container)
    {
        var missing = container.Items("env").Select(variable => variable.At("valueFrom"))
            .SelectMany(source => new[]
            {
                Missing(state, ns, "configmaps", "configmap", source.At("configMapKeyRef"), "name"),
                Missing(state, ns, "secrets", "secret", source.At("secretKeyRef"), "name"),
            })
            .Concat(container.Items("envFrom").SelectMany(source => new[]
            {
                Missing(state, ns, "configmaps", "configmap", source["configMapRef"], "name"),
                Missing(state, ns, "secrets", "secret", source["secretRef"], "name"),
            }));
        return missing.FirstOrDefault(words => words is not null);
    }

    private static string? Missing(ClusterState state, string ns, string resource, string kind, JsonNode? reference, string nameField)
    {
        if (reference is null || reference.Flag("optional"))
            return null;
        var name = reference.Text(nameField);
        return state.Store.Get(resource, ns, name) is null ? $"{kind} \"{name}\" not found" : null;
    }
}
