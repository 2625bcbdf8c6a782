using System.Text;
using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>The HTTP face of one node's kubelet: /healthz, /pods, /checkpoint, /configz, /stats/summary.</summary>
internal sealed class KubeletServer(ClusterState state, NodeState node)
{
    private const string PlainText = "text/plain; charset=utf-8";

    private readonly CheckpointHandler _checkpoints = new(state, node);

    public async Task HandleAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var first = path.FirstOrDefault("");
        var known = first is "pods" or "checkpoint" or "healthz" || path is ["stats", "summary"] || (first == "configz" && node.Definition.DebuggingHandlers);
        var gateOff = first == "checkpoint"
            && (!node.Definition.HasCheckpointEndpoint
                || node.Behaviour(path.ElementAtOrDefault(1) ?? "", path.ElementAtOrDefault(2) ?? "") == KubeletBehaviour.GateOff);
        if (!known || gateOff)
        {
            http.Response.Headers.XContentTypeOptions = "nosniff";
            await RespondAsync(http, StatusCodes.Status404NotFound, "404 page not found\n");
            return;
        }
        if (state.Users.Identify(http) is not { IsAnonymous: false } user)
        {
            await RespondAsync(http, StatusCodes.Status401Unauthorized, "Unauthorized");
            return;
        }
        if (Refusal(http, first, user) is { } refusal)
        {
            await RespondAsync(http, StatusCodes.Status403Forbidden, refusal);
            return;
        }
        switch (first)
        {
            case "checkpoint":
                await CheckpointAsync(http, path);
                break;
            case "pods":
                await PodsAsync(http);
                break;
            case "configz":
                await RespondAsync(http, StatusCodes.Status200OK, NodeReports.Configuration(state, node).ToJsonString(), "application/json");
                break;
            case "stats":
                await RespondAsync(http, StatusCodes.Status200OK, NodeReports.Summary(node).ToJsonString(), "application/json");
                break;
            default:
                http.Response.Headers.XContentTypeOptions = "nosniff";
                await RespondAsync(http, StatusCodes.Status200OK, "ok");
                break;
        }
    }

    public static async Task RespondAsync(HttpContext http, int status, string body, string contentType = PlainText)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;

        // Go sends the length of a response that fits in its buffer of 2048 bytes; longer responses are chunked.
        http.Response.ContentLength = bytes.Length <= 2048 ? bytes.Length : null;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    private string? Refusal(HttpContext http, string resource, User user)
    {
        var verb = http.Request.Method switch
        {
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" => "delete",
            _ => "get",
        };

        // Since 1.33 the kubelet checks the finer permission first, then nodes/proxy.
        string[] subresources = resource is "checkpoint" or "stats" ? [resource] : [resource, "proxy"];
        return subresources.Any(subresource => state.Authorizer.Admit(user, new AccessRequest(verb, "", $"nodes/{subresource}", "", node.Name)))
            ? null
            : $"Forbidden (user={user.Name}, verb={verb}, resource=nodes, subresource(s)=[{string.Join(' ', subresources)}])\n";
    }

    private async Task CheckpointAsync(HttpContext http, string[] path)
    {
        if (path.Length != 4)
        {
            await RespondAsync(http, StatusCodes.Status404NotFound, "404: Page Not Found");
            return;
        }
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.Headers.Allow = "POST";
            await RespondAsync(http, StatusCodes.Status405MethodNotAllowed, "405: Method Not Allowed");
            return;
        }
        var accept = http.Request.Headers.Accept.ToString();
        if (accept.Length > 0 && !accept.Contains("application/json", StringComparison.Ordinal) && !accept.Contains("*/*", StringComparison.Ordinal))
        {
            await RespondAsync(http, StatusCodes.Status406NotAcceptable, "406: Not Acceptable\n\nAvailable representations: application/json");
            return;
        }
        await _checkpoints.HandleAsync(http, path[1], path[2], path[3]);
    }

    private async Task PodsAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync("""{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[""", http.RequestAborted);
        var separator = "";
        foreach (var stored in state.Store.List(PodLifecycle.Resource).Objects)
        {
            var pod = stored.Parse();
            if (pod.Text("spec", "nodeName") == node.Name)
            {
                // The items of a list have no kind.
                pod.Remove("kind");
                pod.Remove("apiVersion");
                await http.Response.WriteAsync(separator, http.RequestAborted);
                await http.Response.Body.WriteAsync(pod.ToBytes(), http.RequestAborted);
                separator = ",";
            }
        }
        await http.Response.WriteAsync("]}\n", http.RequestAborted);
    }
}
