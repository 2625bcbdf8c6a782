using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>JSON merge patches (RFC 7396). A strategic merge patch that touches no lists means the same.</summary>
internal static class MergePatch
{
    private static readonly string[] Types = ["application/merge-patch+json", "application/strategic-merge-patch+json"];

    /// <summary>The patch in the body of a request; otherwise null, and the error response has been sent.</summary>
    public static async Task<JsonObject?> ReadAsync(ApiRequest request)
    {
        var type = request.Http.Request.ContentType?.Split(';')[0] ?? "";
        if (!Types.Contains(type))
        {
            await ApiResponse.StatusAsync(
                request.Http,
                StatusCodes.Status415UnsupportedMediaType,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
                + "application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml");
            return null;
        }
        var patch = await ApiResponse.ReadAsync(request.Http);
        if (patch is null)
            await ApiResponse.BadRequestAsync(request.Http, "error decoding patch: json: cannot unmarshal into map[string]interface {}");
        return patch;
    }

    public static void Apply(JsonObject target, JsonObject patch)
    {
        foreach ((var name, var value) in patch)
        {
            switch (value)
            {
                case null:
                    target.Remove(name);
                    break;
                case JsonObject members:
                    Apply(target.Child(name), members);
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }
    }
}
