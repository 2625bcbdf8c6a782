using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>WATCH: one JSON line per change, until the client disconnects or the time is up.</summary>
internal sealed class ObjectWatcher(ClusterState state)
{
    public async Task HandleAsync(ApiRequest request)
    {
        if (await ObjectReader.SelectionAsync(request) is not { } matches)
            return;
        var ns = ObjectReader.NamespaceOf(request);
        bool Concerns(StoredObject stored) =>
            stored.Resource == request.Resource
            && (ns.Length == 0 || stored.Namespace == ns)
            && (request.Name.Length == 0 || stored.Name == request.Name);

        var after = long.TryParse(request.Query("resourceVersion"), CultureInfo.InvariantCulture, out var asked) ? asked : 0;
        List<StoredObject> present = [];
        if (after == 0)
            (present, after) = state.Store.List(request.Resource);
        using var watch = state.Store.Watch(after);
        var http = request.Http;
        http.Response.ContentType = "application/json";
        if (watch is null)
        {
            await WriteAsync(http, "ERROR", ApiResponse.Status(
                StatusCodes.Status410Gone, "Expired", $"too old resource version: {after} ({state.Store.Version})", null));
            return;
        }
        await http.Response.StartAsync(request.Aborted);
        await http.Response.Body.FlushAsync(request.Aborted);
        foreach (var stored in present.Where(Concerns))
        {
            var json = stored.Parse();
            if (matches(json))
                await WriteAsync(http, StoredChange.Added, WithKind(json, request.Resource));
        }
        using var time = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted);
        if (double.TryParse(request.Query("timeoutSeconds"), CultureInfo.InvariantCulture, out var seconds) && seconds > 0)
            time.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            await foreach (var change in watch.Changes.ReadAllAsync(time.Token))
            {
                if (Concerns(change.Object))
                    await SendAsync(http, change, matches);
            }
        }
        catch (OperationCanceledException) when (!request.Aborted.IsCancellationRequested)
        {
            if (request.Flag("allowWatchBookmarks"))
                await WriteAsync(http, "BOOKMARK", Bookmark(request.Resource));
        }
    }

    private static async Task SendAsync(HttpContext http, StoredChange change, Func<JsonObject, bool> matches)
    {
        var json = change.Object.Parse();
        var before = change.Previous is not null && matches(change.Previous.Parse());
        var now = change.Type != StoredChange.Deleted && matches(json);
        if (before || now)
        {
            // For this watcher, an object that no longer matches is deleted, and one that now matches is new.
            var type = !now ? StoredChange.Deleted : before ? StoredChange.Modified : StoredChange.Added;
            await WriteAsync(http, type, WithKind(json, change.Object.Resource));
        }
    }

    private static JsonObject WithKind(JsonObject json, string resource)
    {
        json["kind"] = ObjectReader.KindOf(resource);
        json["apiVersion"] = "v1";
        return json;
    }

    private JsonObject Bookmark(string resource) => WithKind(
        new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["resourceVersion"] = state.Store.Version.ToString(CultureInfo.InvariantCulture),
                ["creationTimestamp"] = null,
            },
        },
        resource);

    private static async Task WriteAsync(HttpContext http, string type, JsonObject json)
    {
        var line = new JsonObject { ["type"] = type, ["object"] = json };
        await http.Response.Body.WriteAsync((byte[])[.. line.ToBytes(), (byte)'\n'], http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
