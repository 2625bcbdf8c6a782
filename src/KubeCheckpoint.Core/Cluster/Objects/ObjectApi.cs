using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Http;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Objects;

/// <summary>Reads, creates, patches and deletes objects of any kind by their API path.</summary>
internal sealed class ObjectApi(ApiServer server)
{
    private const string MergePatch = "application/merge-patch+json";
    private const string StrategicMergePatch = "application/strategic-merge-patch+json";

    /// <summary>The path of a namespaced object.</summary>
    /// <param name="group">The group path, such as <c>api/v1</c> or <c>apis/apps/v1</c>.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="resource">The resource, such as <c>replicasets</c>.</param>
    /// <param name="name">The name of the object, or null for all.</param>
    /// <exception cref="KubeCheckpointException">InvalidName.</exception>
    public static string PathOf(string group, string ns, string resource, string? name = null)
    {
        if (name is not null && !ResourceName.IsSubdomain(name))
            throw ConnectionFailure.InvalidName(resource, name);
        return $"{group}/namespaces/{ResourceName.Namespace(ns)}/{resource}{(name is null ? "" : $"/{name}")}";
    }

    /// <summary>The object, or null if it does not exist.</summary>
    public async Task<JsonObject?> FindAsync(string path, CancellationToken cancellationToken)
    {
        var response = await server.SendAsync(HttpMethod.Get, path, cancellationToken).ConfigureAwait(false);
        return response.Status == HttpStatusCode.NotFound ? null : Read(Succeeded(response));
    }

    /// <summary>Creates an object; false if one with this name exists.</summary>
    public async Task<bool> CreateAsync(string path, JsonObject manifest, CancellationToken cancellationToken)
    {
        var name = (string)manifest["metadata"]!["name"]!;
        var response = await server.CreateAsync(path, name, manifest.ToJsonString(), cancellationToken).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.Conflict)
            return false;
        Succeeded(response);
        return true;
    }

    /// <summary>Merges a change into an object (RFC 7396); false if it no longer exists.</summary>
    public Task<bool> PatchAsync(string path, JsonObject change, CancellationToken cancellationToken) =>
        PatchAsync(path, change, MergePatch, cancellationToken);

    /// <summary>Merges a change into the status of an object, in whose lists an item replaces the one with its key; false if it no longer exists.</summary>
    public Task<bool> PatchStatusAsync(string path, JsonObject change, CancellationToken cancellationToken) =>
        PatchAsync($"{path}/status", change, StrategicMergePatch, cancellationToken);

    /// <summary>Deletes an object, unless another one has its name by now. Returns the server's message if it refuses, or null.</summary>
    /// <param name="path">The path.</param>
    /// <param name="uid">The object's uid.</param>
    /// <param name="gracePeriod">The seconds that its processes have to end, or null for its own grace period.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <param name="withDependents">True to have the garbage collector delete what it owns too; not every kind has that as its default.</param>
    public async Task<string?> DeleteAsync(
        string path, string? uid, int? gracePeriod, CancellationToken cancellationToken, bool withDependents = false)
    {
        var options = new JsonObject();
        if (withDependents)
            options["propagationPolicy"] = "Background";
        if (gracePeriod is { } seconds)
            options["gracePeriodSeconds"] = seconds;
        if (uid is not null)
            options["preconditions"] = new JsonObject { ["uid"] = uid };

        // With its uid, a deletion that is repeated cannot delete another object.
        var repeat = uid is null ? Repeat.IfRefused : Repeat.Always;
        var response = await server.SendAsync(HttpMethod.Delete, path, cancellationToken, options.ToJsonString(), repeat).ConfigureAwait(false);
        return response.IsSuccess || response.Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict ? null : response.Message;
    }

    /// <summary>Checks with a dry run that permissions and admission allow the deletion.</summary>
    /// <exception cref="KubeCheckpointException">Forbidden, RequestRefused, ClusterUnreachable and the like.</exception>
    public async Task TryDeleteAsync(string path, CancellationToken cancellationToken)
    {
        var options = new JsonObject { ["dryRun"] = new JsonArray("All") };
        Succeeded(await server.SendAsync(HttpMethod.Delete, path, cancellationToken, options.ToJsonString(), Repeat.Always).ConfigureAwait(false));
    }

    private async Task<bool> PatchAsync(string path, JsonObject change, string type, CancellationToken cancellationToken)
    {
        var response = await server.Connection
            .SendAsync(HttpMethod.Patch, path, ServerConnection.SmallRequest, cancellationToken, change.ToJsonString(), type, repeat: Repeat.Always)
            .ConfigureAwait(false);
        if (response.Status == HttpStatusCode.NotFound)
            return false;
        Succeeded(response);
        return true;
    }

    private ServerResponse Succeeded(ServerResponse response) =>
        response.IsSuccess ? response : throw ApiRefusal.ToFailure(response, server.Connection.BaseUri);

    private JsonObject Read(ServerResponse response)
    {
        try
        {
            return StrictJson.ParseNode(response.Body) as JsonObject ?? throw new JsonException("it is not a JSON object");
        }
        catch (JsonException exception)
        {
            throw ConnectionFailure.UnexpectedAnswer(server.Connection.BaseUri, response.Message, exception);
        }
    }
}
