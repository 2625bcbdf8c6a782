using System.Net;
using System.Text.Json;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>The API server's pods, namespaces and nodes, one request at a time.</summary>
internal sealed class PodApi(ApiServer server, ClusterTarget target)
{
    public ApiServer Server { get; } = server;

    public static string PathOf(string ns, string? pod = null) =>
        $"api/v1/namespaces/{ResourceName.Namespace(ns)}/pods{(pod is null ? "" : $"/{ResourceName.Pod(pod)}")}";

    public async Task<Pod> GetAsync(string ns, string name, CancellationToken cancellationToken) =>
        await FindAsync(ns, name, cancellationToken).ConfigureAwait(false)
        ?? throw await NotFoundAsync(ns, name, cancellationToken).ConfigureAwait(false);

    /// <summary>The pod, or null where there is none.</summary>
    public async Task<Pod?> FindAsync(string ns, string name, CancellationToken cancellationToken)
    {
        var response = await Server.SendAsync(HttpMethod.Get, PathOf(ns, name), cancellationToken).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.NotFound)
            return null;
        if (!response.IsSuccess)
            throw ApiRefusal.ToFailure(response, Server.Connection.BaseUri);
        using var json = Server.ReadJson(response);
        return PodReader.Read(json.RootElement, target);
    }

    /// <summary>Says whether it is the pod that is missing or its whole namespace.</summary>
    public async Task<KubeCheckpointException> NotFoundAsync(string ns, string name, CancellationToken cancellationToken) =>
        await NamespaceExistsAsync(ns, cancellationToken).ConfigureAwait(false)
            ? PodFailure.PodNotFound(ns, name)
            : PodFailure.NamespaceNotFound(ns);

    /// <summary>True also where the caller may not ask.</summary>
    public async Task<bool> NamespaceExistsAsync(string ns, CancellationToken cancellationToken)
    {
        var path = $"api/v1/namespaces/{ResourceName.Namespace(ns)}";
        var response = await Server.SendAsync(HttpMethod.Get, path, cancellationToken).ConfigureAwait(false);
        return response.Status != HttpStatusCode.NotFound;
    }

    /// <param name="ns">The namespace, or null for all.</param>
    /// <param name="query">Selectors and page size; names and namespaces are not looked at.</param>
    /// <param name="fieldSelector">The field selector in the place of the query's.</param>
    /// <param name="token">The token of the page before, or null for the first page.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public async Task<PodPage> ListAsync(
        string? ns, PodQuery query, string? fieldSelector, string? token, CancellationToken cancellationToken)
    {
        var path = (ns is null ? "api/v1/pods" : PathOf(ns)) + $"?limit={query.PageSize}" +
            Parameter("labelSelector", query.LabelSelector) + Parameter("fieldSelector", fieldSelector) + Parameter("continue", token);
        var response = await Server.SendAsync(HttpMethod.Get, path, cancellationToken).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.Gone)
            return new([], response.ApiStatus?.Continue, StartsOver: true);
        if (response.Status == HttpStatusCode.BadRequest)
        {
            var selector = FieldSelector.Join(query.LabelSelector, fieldSelector);
            throw PodFailure.InvalidSelector(selector ?? "", response.Message, response.ToException());
        }

        if (!response.IsSuccess)
            throw ApiRefusal.ToFailure(response, Server.Connection.BaseUri);
        using var json = Server.ReadJson(response);
        var pods = json.RootElement.Items("items").Select(item => PodReader.Read(item, target)).ToList();
        return new(pods, json.RootElement.Text("metadata", "continue"));
    }

    public static string NameOf(JsonElement item) => item.Text("metadata", "name") ?? "";

    /// <summary>All objects of a kind that has no namespace.</summary>
    /// <param name="resource"><c>namespaces</c> or <c>nodes</c>.</param>
    /// <param name="read">Makes of an item what is wanted of it.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    public async Task<IReadOnlyList<T>> ListAsync<T>(string resource, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        var objects = new List<T>();
        string? token = null;
        do
        {
            using var json = await Server.GetAsync($"api/v1/{resource}?limit=500{Parameter("continue", token)}", cancellationToken)
                .ConfigureAwait(false);
            objects.AddRange(json.RootElement.Items("items").Select(read));
            token = json.RootElement.Text("metadata", "continue");
        }
        while (token is not null);

        return objects;
    }

    private static string Parameter(string name, string? value) =>
        string.IsNullOrEmpty(value) ? "" : $"&{name}={Uri.EscapeDataString(value)}";
}
