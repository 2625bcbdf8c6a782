using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Objects;

/// <summary>Objects of any kind, by the path of the API.</summary>
internal sealed class ObjectApi(ApiServer server)
{
    private const string MergePatch = "application/merge-patch+json";

    /// <summary>The path of an object of a namespace.</summary>
    /// <param name="group"><c>api/v1</c>, <c>apis/apps/v1</c>.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="resource">The resource, such as <c>replicasets</c>.</param>
    /// <param name="name">The object's name, or null for all.</param>
    /// <exception cref="KubeCheckpointException">InvalidName.</exception>
    public static string PathOf(string group, string ns, string resource, string? name = null)
    {
        if (name is not null && !ResourceName.IsSubdomain(name))
            throw ConnectionFailure.InvalidName(resource, name);
        return $"{group}/namespaces/{ResourceName.Namespace(ns)}/{resource}{(name is null ? "" : $"/{name}")}";
    }

    /// <summary>The object, or null where there is none.</summary>
    public async Task<JsonObject?> FindAsync(string path, CancellationToken cancellationToken)
    {
        var response = await server.SendAsync(HttpMethod.Get, path, cancellationToken).ConfigureAwait(false);
        return response.Status == HttpStatusCode.NotFound ? null : Read(Succeeded(response));
    }

    /// <summary>Makes an object; false where there is one of its name.</summary>
    public async Task<bool> CreateAsync(string path, JsonObject manifest, CancellationToken cancellationToken)
    {
        var response = await server.SendAsync(HttpMethod.Post, path, cancellationToken, manifest.ToJsonString()).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.Conflict)
            return false;
        Succeeded(response);
        return true;
    }

    /// <summary>Merges a change into an object (RFC 7396); false where it is gone.</summary>
    public async Task<bool> PatchAsync(string path, JsonObject change, CancellationToken cancellationToken)
    {
        var response = await server.Connection
            .SendAsync(HttpMethod.Patch, path, ServerConnection.SmallRequest, cancellationToken, change.ToJsonString(), MergePatch)
            .ConfigureAwait(false);
        if (response.Status == HttpStatusCode.NotFound)
            return false;
        Succeeded(response);
        return true;
    }

    /// <summary>Deletes an object, unless another has its name by now; says the server's words where it does not let it go, else null.</summary>
    /// <param name="path">The path.</param>
    /// <param name="uid">The object's uid.</param>
    /// <param name="immediate">True to leave its processes no time to end.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public async Task<string?> DeleteAsync(string path, string? uid, bool immediate, CancellationToken cancellationToken)
    {
        var options = new JsonObject();
        if (immediate)
            options["gracePeriodSeconds"] = 0;
        if (uid is not null)
            options["preconditions"] = new JsonObject { ["uid"] = uid };
        var response = await server.SendAsync(HttpMethod.Delete, path, cancellationToken, options.ToJsonString()).ConfigureAwait(false);
        return response.IsSuccess || response.Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict ? null : response.Message;
    }

    /// <summary>Asks whether a deletion would be let through, by rights and admission, without deleting anything.</summary>
    /// <exception cref="KubeCheckpointException">Forbidden, RequestRefused, ClusterUnreachable and the like.</exception>
    public async Task TryDeleteAsync(string path, CancellationToken cancellationToken)
    {
        var options = new JsonObject { ["dryRun"] = new JsonArray("All") };
        Succeeded(await server.SendAsync(HttpMethod.Delete, path, cancellationToken, options.ToJsonString()).ConfigureAwait(false));
    }

    private ServerResponse Succeeded(ServerResponse response) =>
        response.IsSuccess ? response : throw ApiRefusal.ToFailure(response, server.Connection.BaseUri);

    private JsonObject Read(ServerResponse response)
    {
        try
        {
            return JsonNode.Parse(response.Body)!.AsObject();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw ConnectionFailure.UnexpectedAnswer(server.Connection.BaseUri, response.Message, exception);
        }
    }
}
