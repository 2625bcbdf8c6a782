using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>
/// What pods refer to and volumes are made of: read one at a time and listed, as a whole or, where that is asked for, as metadata only. A
/// test puts them there; service accounts are those the sandbox knows of.
/// </summary>
internal sealed class NamespaceObjects(ClusterState state)
{
    private const string MetadataOnly = "as=PartialObjectMetadata";

    private static readonly Dictionary<string, string> Kinds = new()
    {
        ["configmaps"] = "ConfigMap",
        ["secrets"] = "Secret",
        ["serviceaccounts"] = "ServiceAccount",
        ["persistentvolumeclaims"] = "PersistentVolumeClaim",
        ["persistentvolumes"] = "PersistentVolume",
    };

    public static bool Knows(ApiRequest request) =>
        request.Group.Length == 0 && request.Subresource.Length == 0 && Kinds.ContainsKey(request.Resource) && request.Verb is "get" or "list";

    public async Task HandleAsync(ApiRequest request)
    {
        if (request.Verb == "list")
        {
            await ListAsync(request);
            return;
        }

        if (Find(request) is not { } found)
        {
            await ApiAnswer.NotFoundAsync(request.Http, request.Resource, request.Name);
            return;
        }

        bool metadataOnly = request.Http.Request.Headers.Accept.ToString().Contains(MetadataOnly, StringComparison.Ordinal);
        await ApiAnswer.JsonAsync(request.Http, metadataOnly
            ? new JsonObject { ["kind"] = "PartialObjectMetadata", ["apiVersion"] = "meta.k8s.io/v1", ["metadata"] = found["metadata"]?.DeepClone() }
            : found);
    }

    private async Task ListAsync(ApiRequest request)
    {
        IEnumerable<JsonObject> items = state.Store.List(request.Resource, request.Namespace.Length == 0 ? null : request.Namespace).Objects
            .Select(stored => stored.Parse());
        if (request.Resource == "serviceaccounts")
        {
            items = items.Concat(state.ServiceAccounts.Keys.Select(Account)
                .Where(account => request.Namespace.Length == 0 || account.Text("metadata", "namespace") == request.Namespace));
        }

        await ApiAnswer.JsonAsync(request.Http, new JsonObject
        {
            ["kind"] = Kinds[request.Resource] + "List",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["items"] = JsonText.Array(items),
        });
    }

    private JsonObject? Find(ApiRequest request)
    {
        if (state.Store.Get(request.Resource, request.Resource == "persistentvolumes" ? "" : request.Namespace, request.Name)?.Parse() is { } stored)
        {
            return stored;
        }

        string key = $"{request.Namespace}/{request.Name}";
        return request.Resource == "serviceaccounts" && (request.Name == "default" || state.ServiceAccounts.ContainsKey(key)) ? Account(key) : null;
    }

    private static JsonObject Account(string key) => new()
    {
        ["kind"] = "ServiceAccount",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject { ["name"] = key.Split('/')[1], ["namespace"] = key.Split('/')[0] },
    };
}
