using System.Net;
using System.Text.Json;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Http;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Access;

/// <summary>Applies roles and bindings to a cluster, without changing those that the module did not create.</summary>
/// <param name="cluster">The cluster. The caller disposes of it.</param>
public sealed class AccessApplier(ClusterClient cluster)
{
    private const string ApplyType = "application/apply-patch+yaml";
    private const string EscalationMessage = "attempting to grant RBAC permissions not currently held";

    private ApiServer Server => cluster.Server;

    /// <summary>
    /// Applies an object by server-side apply: creates it, or updates the rules and subjects of one that the module created. A namespace is
    /// created if it does not exist, and is otherwise not changed.
    /// </summary>
    /// <param name="manifest">The object.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="KubeCheckpointException">
    /// AccessEscalation, AccessObjectForeign, HelperNamespaceMissing, NamespaceNotFound, Forbidden, ClusterUnreachable and the like.
    /// </exception>
    public async Task<CheckpointAccess> ApplyAsync(AccessManifest manifest, CancellationToken cancellationToken)
    {
        var path = PathOf(manifest);
        var before = await FindVersionAsync(manifest, path, cancellationToken).ConfigureAwait(false);
        if (manifest.Kind == "Namespace")
            return await EnsureNamespaceAsync(manifest, exists: before is not null, cancellationToken).ConfigureAwait(false);
        var response = await Server.Connection.SendAsync(
            HttpMethod.Patch,
            $"{path}?fieldManager={WellKnownNames.Module}&force=true",
            ServerConnection.SmallRequest,
            cancellationToken,
            manifest.Json.ToJsonString(),
            ApplyType,
            repeat: Repeat.Always).ConfigureAwait(false);
        if (!response.IsSuccess)
            throw Refusal(manifest, response);
        if (response.Status == HttpStatusCode.Created)
            return manifest.ToAccess(CheckpointAccessResult.Created);
        using var json = Server.ReadJson(response);
        var isSame = VersionOf(json.RootElement) == before;
        return manifest.ToAccess(isSame ? CheckpointAccessResult.Unchanged : CheckpointAccessResult.Changed);
    }

    private async Task<CheckpointAccess> EnsureNamespaceAsync(AccessManifest manifest, bool exists, CancellationToken cancellationToken)
    {
        if (!exists)
            await HelperNamespace.CreateAsync(Server, manifest.Name, cancellationToken).ConfigureAwait(false);
        return manifest.ToAccess(exists ? CheckpointAccessResult.Unchanged : CheckpointAccessResult.Created);
    }

    /// <summary>The version of the existing object, or null. An object that the module did not create is a failure.</summary>
    private async Task<string?> FindVersionAsync(AccessManifest manifest, string path, CancellationToken cancellationToken)
    {
        var response = await Server.SendAsync(HttpMethod.Get, path, cancellationToken).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.NotFound)
            return null;
        if (!response.IsSuccess)
            throw Refusal(manifest, response);
        using var json = Server.ReadJson(response);
        var isOurs = manifest.Kind == "Namespace" || json.RootElement.Text("metadata", "labels", WellKnownNames.AppLabel) == WellKnownNames.Module;
        return isOurs ? VersionOf(json.RootElement) : throw AccessFailure.AccessObjectForeign(manifest.ToString());
    }

    private KubeCheckpointException Refusal(AccessManifest manifest, ServerResponse response) => response.Status switch
    {
        HttpStatusCode.Forbidden when response.Message.Contains(EscalationMessage, StringComparison.Ordinal) =>
            AccessFailure.AccessEscalation(manifest.ToString(), response.Message, response.ToException()),
        HttpStatusCode.NotFound when manifest.Namespace is not null => PodFailure.NamespaceNotFound(manifest.Namespace, response.ToException()),
        _ => ApiRefusal.ToFailure(response, Server.Connection.BaseUri),
    };

    private static string? VersionOf(JsonElement item) => item.Text("metadata", "resourceVersion");

    private static string PathOf(AccessManifest manifest)
    {
        var name = Uri.EscapeDataString(manifest.Name);
        return manifest.Kind switch
        {
            "Namespace" => $"api/v1/namespaces/{ResourceName.Namespace(manifest.Name)}",
            "ClusterRole" => $"apis/{WellKnownNames.RbacGroup}/v1/clusterroles/{name}",
            "ClusterRoleBinding" => $"apis/{WellKnownNames.RbacGroup}/v1/clusterrolebindings/{name}",
            "Role" => $"apis/{WellKnownNames.RbacGroup}/v1/namespaces/{ResourceName.Namespace(manifest.Namespace!)}/roles/{name}",
            _ => $"apis/{WellKnownNames.RbacGroup}/v1/namespaces/{ResourceName.Namespace(manifest.Namespace!)}/rolebindings/{name}",
        };
    }
}
