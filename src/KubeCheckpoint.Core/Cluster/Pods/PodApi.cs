using System.Net;
using System.Text.Json;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>Reads and lists pods, and lists cluster-scoped objects.</summary>
internal sealed class PodApi(ApiServer server, ClusterTarget target)
{
    public ApiServer Server { get; } = server;

    public static string PathOf(string ns, string? pod = null) =>
        $"api/v1/namespaces/{ResourceName.Namespace(ns)}/pods{(pod is null ? "" : $"/{ResourceName.Pod(pod)}")}";

    public async Task<Pod> GetAsync(string ns, string name, CancellationToken cancellationToken) =>
        await FindAsync(ns, name, cancellationToken).ConfigureAwait(false)
        ?? throw await NotFoundAsync(ns, name, cancellationToken).ConfigureAwait(false);

    /// <summary>The pod, or null if it does not exist.</summary>
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

    /// <summary>The failure for a missing pod, or for its missing namespace.</summary>
    public async Task<KubeCheckpointException> NotFoundAsync(string ns, string name, CancellationToken cancellationToken) =>
        await NamespaceExistsAsync(ns, cancellationToken).ConfigureAwait(false)
            ? PodFailure.PodNotFound(ns, name)
            : PodFailure.NamespaceNotFound(ns);

    /// <summary>Whether the namespace exists; true also if the user may not read it.</summary>
    public async Task<bool> NamespaceExistsAsync(string ns, CancellationToken cancellationToken)
    {
        var path = $"api/v1/namespaces/{ResourceName.Namespace(ns)}";
        var response = await Server.SendAsync(HttpMethod.Get, path, cancellationToken).ConfigureAwait(false);
        return response.Status != HttpStatusCode.NotFound;
    }

    /// <param name="ns">The namespace, or null for all.</param>
    /// <param name="query">Label selector and page size; names and namespaces are ignored.</param>
    /// <param name="fieldSelector">The field selector, instead of the query's.</param>
    /// <param name="token">The token of the previous page, or null for the first page.</param>
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

    /// <summary>Lists all objects of a kind, in all namespaces.</summary>
    /// <param name="resource">The resource, such as <c>namespaces</c> or <c>nodes</c>.</param>
    /// <param name="read">Converts an item.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    public async Task<IReadOnlyList<T>> ListAsync<T>(string resource, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        var objects = new List<T>();
        await foreach (var (item, _) in Server.ListAsync($"api/v1/{resource}", selector: null, cancellationToken).ConfigureAwait(false))
            objects.Add(read(item));
        return objects;
    }

    private static string Parameter(string name, string? value) =>
        string.IsNullOrEmpty(value) ? "" : $"&{name}={Uri.EscapeDataString(value)}";
}

/// <summary>A page of a list of pods.</summary>
/// <param name="Pods">The pods of this page.</param>
/// <param name="Continue">The token for the next page, or null at the end.</param>
/// <param name="StartsOver">True if the list has expired: without a token, it starts again from the beginning.</param>
internal sealed record PodPage(IReadOnlyList<Pod> Pods, string? Continue, bool StartsOver = false);
