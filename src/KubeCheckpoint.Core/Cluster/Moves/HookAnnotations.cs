using System.Text.Json.Nodes;
using System.Text.Json;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>
/// The hooks that a pod's annotations ask for. Their form is that of Velero's: the command as a JSON array. They run in the pod's own containers
/// only, with the rights of the user who moves the pod.
/// </summary>
internal static class HookAnnotations
{
    /// <summary>The hook that an annotation asks for; null without one.</summary>
    /// <exception cref="KubeCheckpointException">MoveHookInvalid.</exception>
    public static CommandHook? Read(ClusterClient cluster, Pod pod, PodDocument manifest, string name)
    {
        if (manifest.Annotation(name) is not { } text)
            return null;
        var container = manifest.Annotation(OwnerMarks.HookContainer);
        if (container is not null && pod.Containers.All(known => known.Name != container))
            throw MoveFailure.MoveHookInvalid(pod.Namespace, pod.PodName, OwnerMarks.HookContainer, $"the pod has no container '{container.Shorten(60)}'");
        try
        {
            if (StrictJson.ParseNode(text) is JsonArray { Count: > 0 } array && array.All(item => item?.GetValueKind() == JsonValueKind.String))
                return new(cluster, [.. array.Select(item => (string)item!)], container);
        }
        catch (JsonException)
        {
            // As any other value that is not a command.
        }

        throw MoveFailure.MoveHookInvalid(pod.Namespace, pod.PodName, name, "it is not a JSON array of strings, such as [\"redis-cli\", \"SAVE\"]");
    }
}
