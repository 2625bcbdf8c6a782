using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>
/// Parses JSON to its end. <see cref="JsonNode"/> by itself decodes names and text when they are asked for, so that a name given twice or
/// half a surrogate pair would show only then.
/// </summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    /// <exception cref="JsonException">The text is no JSON, or has a member twice.</exception>
    public static JsonNode? Parse(string json)
    {
        try
        {
            var node = JsonNode.Parse(json, documentOptions: Options);
            Decode(node);
            return node;
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException(exception.Message, exception);
        }
    }

    private static void Decode(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (_, member) in members)
                    Decode(member);
                break;
            case JsonArray items:
                foreach (var item in items)
                    Decode(item);
                break;
            case JsonValue value:
                value.TryGetValue<string>(out _);
                break;
        }
    }
}
