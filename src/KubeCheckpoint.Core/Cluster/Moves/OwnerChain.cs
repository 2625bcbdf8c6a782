using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>Finds the owner of a pod, the owner's owner and so on, by the controllers in the owner references.</summary>
internal sealed class OwnerChain(ObjectApi objects, string ns)
{
    private const int Longest = 4;

    private static readonly Dictionary<(string ApiVersion, string Kind), string> Resources = new()
    {
        [("apps/v1", "ReplicaSet")] = "replicasets",
        [("apps/v1", "Deployment")] = "deployments",
        [("apps/v1", "StatefulSet")] = "statefulsets",
        [("apps/v1", "DaemonSet")] = "daemonsets",
        [("batch/v1", "Job")] = "jobs",
        [("batch/v1", "CronJob")] = "cronjobs",
        [("v1", "ReplicationController")] = "replicationcontrollers",
    };

    /// <summary>The owner, or null for a pod without one.</summary>
    /// <exception cref="KubeCheckpointException">Forbidden, if a ReplicaSet may not be read; ClusterUnreachable and the like.</exception>
    public Task<PodOwner?> ReadAsync(PodDocument pod, CancellationToken cancellationToken) =>
        ReadAsync(pod.Json, depth: 0, cancellationToken);

    private async Task<PodOwner?> ReadAsync(JsonObject owned, int depth, CancellationToken cancellationToken)
    {
        var reference = owned.Object("metadata")?.Objects("ownerReferences").FirstOrDefault(candidate => candidate.Flag("controller") == true);
        if (reference?.Text("kind") is not { } kind || reference.Text("name") is not { } name || depth == Longest)
            return null;
        var apiVersion = reference.Text("apiVersion") ?? "";
        var owner = new PodOwner(kind, name, reference.Text("uid"), null);
        if (!Resources.TryGetValue((apiVersion, kind), out var resource))
            return owner;

        var path = ObjectApi.PathOf(apiVersion == "v1" ? "api/v1" : $"apis/{apiVersion}", ns, resource, name);
        var manifest = await FindAsync(path, isNeeded: depth == 0 && kind is "ReplicaSet" or "ReplicationController", cancellationToken).ConfigureAwait(false);
        return manifest is null || manifest.Object("metadata")?.Text("uid") != owner.Uid
            ? owner
            : owner with
            {
                Path = path,
                Manifest = manifest,
                Owner = await ReadAsync(manifest, depth + 1, cancellationToken).ConfigureAwait(false),
            };
    }

    /// <summary>The owner itself must be readable; its own owner is optional.</summary>
    private async Task<JsonObject?> FindAsync(string path, bool isNeeded, CancellationToken cancellationToken)
    {
        try
        {
            return await objects.FindAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId == nameof(ConnectionFailure.Forbidden) && !isNeeded)
        {
            return null;
        }
    }
}
