using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>Writes responses as the API server does.</summary>
internal static class ApiResponse
{
    private static readonly string[] PrettyAgents = ["curl", "Wget", "Mozilla/5.0"];

    /// <summary>Sets the headers of every response.</summary>
    public static void Prepare(HttpContext http)
    {
        http.Response.Headers["Audit-Id"] = Guid.NewGuid().ToString();
        http.Response.Headers.CacheControl = "no-cache, private";
    }

    public static async Task JsonAsync(HttpContext http, JsonNode node, int status = StatusCodes.Status200OK)
    {
        var bytes = Encoding.UTF8.GetBytes(Pretty(http) ? node.ToJsonString(JsonText.Pretty) : node.ToJsonString(JsonText.Compact) + "\n");
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    public static async Task TextAsync(HttpContext http, int status, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    public static Task StatusAsync(HttpContext http, int code, string reason, string message, JsonObject? details = null) =>
        JsonAsync(http, Status(code, reason, message, details), code);

    public static Task UnauthorizedAsync(HttpContext http) => StatusAsync(http, StatusCodes.Status401Unauthorized, "Unauthorized", "Unauthorized");

    public static Task ForbiddenAsync(HttpContext http, User user, AccessRequest access)
    {
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return StatusAsync(
            http, StatusCodes.Status403Forbidden, "Forbidden", access.Refusal(user), Details(access.Name, access.Resource.Split('/')[0], access.Group));
    }

    public static Task RefusedAsync(HttpContext http, string name, string kind, string why) =>
        StatusAsync(http, StatusCodes.Status403Forbidden, "Forbidden", $"{kind} \"{name}\" is forbidden: {why}", Details(name, kind));

    public static Task NotFoundAsync(HttpContext http, string kind, string name) =>
        StatusAsync(http, StatusCodes.Status404NotFound, "NotFound", $"{kind} \"{name}\" not found", Details(name, kind));

    public static Task NoSuchResourceAsync(HttpContext http) => StatusAsync(
        http, StatusCodes.Status404NotFound, "NotFound", "the server could not find the requested resource", new JsonObject());

    public static Task BadRequestAsync(HttpContext http, string message) =>
        StatusAsync(http, StatusCodes.Status400BadRequest, "BadRequest", message);

    public static Task AlreadyExistsAsync(HttpContext http, string kind, string name) =>
        StatusAsync(http, StatusCodes.Status409Conflict, "AlreadyExists", $"{kind} \"{name}\" already exists", Details(name, kind));

    public static JsonObject Details(string name, string kind, string group = "")
    {
        var details = new JsonObject();
        if (name.Length > 0)
            details["name"] = name;
        if (group.Length > 0)
            details["group"] = group;
        details["kind"] = kind;
        return details;
    }

    public static JsonObject Status(int code, string reason, string message, JsonObject? details)
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = message,
            ["reason"] = reason,
        };
        if (details is not null)
            status["details"] = details;
        status["code"] = code;
        return status;
    }

    /// <summary>The object in the body of a request, or null if there is none.</summary>
    public static async Task<JsonObject?> ReadAsync(HttpContext http)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<JsonObject>(http.Request.Body, cancellationToken: http.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool Pretty(HttpContext http)
    {
        var asked = http.Request.Query["pretty"].ToString();
        var agent = http.Request.Headers.UserAgent.ToString();
        return asked.Length > 0 ? asked is "true" or "1" : PrettyAgents.Any(known => agent.StartsWith(known, StringComparison.Ordinal));
    }
}
