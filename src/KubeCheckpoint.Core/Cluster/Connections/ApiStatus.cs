using System.Text.Json;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>A <c>Status</c> object, with which the API server refuses a request.</summary>
internal sealed record ApiStatus(string? Message, string? Reason, int? Code, string? Kind, string? Name, string? Continue)
{
    public static ApiStatus? TryParse(string body)
    {
        return body.AsSpan().TrimStart().StartsWith("{") ? StrictJson.TryRead(body, From) : null;
    }

    public static ApiStatus? From(JsonElement status) => status.Text("kind") != "Status"
        ? null
        : new(
            status.Text("message"),
            status.Text("reason"),
            status.Number("code"),
            status.Text("details", "kind"),
            status.Text("details", "name"),
            status.Text("metadata", "continue"));
}
