using System.Text.Json.Nodes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>The resources that every node has. Extended ones, such as GPUs, are left to the container that uses them.</summary>
internal static class PlainResources
{
    private static readonly string[] Names = ["cpu", "memory", "ephemeral-storage"];

    /// <summary>The requests and limits of a container, for another one beside it.</summary>
    /// <param name="container">The container of a pod's manifest, or null for none.</param>
    public static JsonObject Of(JsonObject? container)
    {
        var stated = container?.Object("resources") ?? [];
        var resources = new JsonObject();
        foreach (var list in (string[])["requests", "limits"])
        {
            var plain = (stated.Object(list) ?? []).Where(pair => Names.Contains(pair.Key))
                .Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())).ToList();
            if (plain.Count > 0)
                resources[list] = new JsonObject(plain);
        }

        return resources;
    }
}
