using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>GET of one object and of lists, with paging and selectors.</summary>
internal sealed class ObjectReader(ClusterState state)
{
    private static readonly Dictionary<string, string> Kinds = new()
    {
        ["pods"] = "Pod",
        ["events"] = "Event",
        ["namespaces"] = "Namespace",
        ["nodes"] = "Node",
    };

    public static string KindOf(string resource) => Kinds[resource];

    /// <summary>The namespace in an object's key; empty for cluster-scoped objects.</summary>
    public static string NamespaceOf(ApiRequest request) => request.Resource is "namespaces" or "nodes" ? "" : request.Namespace;

    public async Task GetAsync(ApiRequest request)
    {
        if (state.Store.Get(request.Resource, NamespaceOf(request), request.Name) is not { } stored)
        {
            await ApiResponse.NotFoundAsync(request.Http, request.Resource, request.Name);
            return;
        }
        var json = stored.Parse();
        json.Default("apiVersion", "v1");
        json.Default("kind", KindOf(request.Resource));
        await ApiResponse.JsonAsync(request.Http, json);
    }

    public async Task ListAsync(ApiRequest request)
    {
        if (await SelectionAsync(request) is not { } matches)
            return;
        var start = "";
        if (request.Query("continue") is { Length: > 0 } token && !TryReadToken(token, out start))
        {
            await ApiResponse.BadRequestAsync(request.Http, $"continue key is not valid: illegal base64 data at input byte 0: {token}");
            return;
        }
        var ns = NamespaceOf(request);
        (var stored, var version) = state.Store.List(request.Resource, ns.Length == 0 ? null : ns);
        var limit = int.TryParse(request.Query("limit"), CultureInfo.InvariantCulture, out var asked) && asked > 0 ? asked : int.MaxValue;
        var found = stored.Where(candidate => string.CompareOrdinal(candidate.Key, start) > 0)
            .Select(candidate => candidate.Parse()).Where(matches);
        using var items = found.GetEnumerator();
        await WriteAsync(request, items, limit, version);
    }

    /// <summary>The filter for the selectors of a request; null if they are invalid, and the error response has been sent.</summary>
    public static async Task<Func<JsonObject, bool>?> SelectionAsync(ApiRequest request)
    {
        var label = request.Query("labelSelector");
        var field = request.Query("fieldSelector");
        if (!LabelSelector.TryParse(label, out var labels, out var wrong))
        {
            await ApiResponse.BadRequestAsync(
                request.Http, $"unable to parse requirement: found '{wrong}', expected: in, notin, =, ==, !=, gt, lt");
            return null;
        }
        if (!FieldSelector.TryParse(field, request.Resource, out var fields, out var unknown))
        {
            await ApiResponse.BadRequestAsync(
                request.Http,
                $"Unable to find \"/v1, Resource={request.Resource}\" that match label selector \"{label}\", "
                + $"field selector \"{field}\": field label not supported: {unknown}");
            return null;
        }
        return json => labels.Matches(json) && fields.Matches(json);
    }

    private static async Task WriteAsync(ApiRequest request, IEnumerator<JsonObject> items, int limit, long version)
    {
        var response = request.Http.Response;
        response.ContentType = "application/json";

        // The items are written one by one. The metadata follows them, because it says whether there are more.
        await response.WriteAsync($$"""{"kind":"{{KindOf(request.Resource)}}List","apiVersion":"v1","items":[""", request.Aborted);
        var last = "";
        var written = 0;
        var more = items.MoveNext();
        for (; more && written < limit; written++, more = items.MoveNext())
        {
            var item = items.Current;
            last = StoredObject.KeyOf(item.Text("metadata", "namespace"), item.Text("metadata", "name"));

            // The items of a list have no kind.
            item.Remove("kind");
            item.Remove("apiVersion");
            if (written > 0)
                await response.WriteAsync(",", request.Aborted);
            await response.Body.WriteAsync(item.ToBytes(), request.Aborted);
        }
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (more)
        {
            metadata["continue"] = Token(last, version);
            if (request.Query("labelSelector").Length == 0 && request.Query("fieldSelector").Length == 0)
                metadata["remainingItemCount"] = Remaining(items);
        }
        await response.WriteAsync($"],\"metadata\":{metadata.ToJsonString(JsonText.Compact)}}}\n", request.Aborted);
    }

    private static int Remaining(IEnumerator<JsonObject> items)
    {
        var count = 1;
        while (items.MoveNext())
            count++;
        return count;
    }

    private static string Token(string last, long version)
    {
        var token = new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = version, ["start"] = last + "\0" };
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(token.ToJsonString())).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    private static bool TryReadToken(string token, out string start)
    {
        start = "";
        try
        {
            var base64 = token.Replace('-', '+').Replace('_', '/');
            var json = Convert.FromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '='));
            start = JsonNode.Parse(json).Text("start").TrimEnd('\0');
            return start.Length > 0;
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return false;
        }
    }
}
