using System.Text.Json;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>A <c>Status</c> object, with which the API server refuses a request.</summary>
internal sealed record ApiStatus(string? Message, string? Reason, int? Code, string? Kind, string? Name, string? Continue)
{
    public static ApiStatus? TryParse(string body)
    {
        if (!body.AsSpan().TrimStart().StartsWith("{"))
            return null;
        try
        {
            using var json = JsonDocument.Parse(body);
            return From(json.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
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
