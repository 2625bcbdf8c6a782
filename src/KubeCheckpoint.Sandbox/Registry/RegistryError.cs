using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Registry;

/// <summary>The error bodies of the distribution specification.</summary>
internal static class RegistryError
{
    public static Task BlobUnknownAsync(HttpContext http, string digest) =>
        WriteAsync(http, 404, "BLOB_UNKNOWN", "blob unknown to registry", new JsonObject { ["digest"] = digest });

    public static Task ManifestUnknownAsync(HttpContext http, string reference) =>
        WriteAsync(http, 404, "MANIFEST_UNKNOWN", "manifest unknown", new JsonObject { ["Tag"] = reference });

    public static Task ManifestBlobUnknownAsync(HttpContext http, string digest) =>
        WriteAsync(http, 400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", new JsonObject { ["digest"] = digest });

    public static Task ManifestInvalidAsync(HttpContext http) => WriteAsync(http, 400, "MANIFEST_INVALID", "manifest invalid");

    public static Task DigestInvalidAsync(HttpContext http) =>
        WriteAsync(http, 400, "DIGEST_INVALID", "provided digest did not match uploaded content");

    public static Task NameInvalidAsync(HttpContext http, string name) =>
        WriteAsync(http, 400, "NAME_INVALID", "invalid repository name", new JsonObject { ["name"] = name });

    public static Task NameUnknownAsync(HttpContext http, string name) =>
        WriteAsync(http, 404, "NAME_UNKNOWN", "repository name not known to registry", new JsonObject { ["name"] = name });

    public static Task UploadUnknownAsync(HttpContext http) => WriteAsync(http, 404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");

    public static Task UnsupportedAsync(HttpContext http) => WriteAsync(http, 405, "UNSUPPORTED", "The operation is unsupported.");

    public static Task UnauthorizedAsync(HttpContext http) => WriteAsync(http, 401, "UNAUTHORIZED", "authentication required");

    private static async Task WriteAsync(HttpContext http, int status, string code, string message, JsonObject? detail = null)
    {
        var body = new JsonObject
        {
            ["errors"] = new JsonArray(new JsonObject { ["code"] = code, ["message"] = message, ["detail"] = detail }),
        };
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(body.ToJsonString(JsonText.Compact) + "\n", http.RequestAborted);
    }
}
