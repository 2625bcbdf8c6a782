using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Sandbox.Utilities;

/// <summary>Writes JSON as the API server does, and reads values from it.</summary>
internal static class JsonText
{
    public static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    public static readonly JsonSerializerOptions Pretty = new(Compact) { WriteIndented = true, IndentSize = 2, NewLine = "\n" };

    public static byte[] ToBytes(this JsonNode node) => JsonSerializer.SerializeToUtf8Bytes(node, Compact);

    /// <summary>The value at a path as text: a string as it is, a number or boolean as in JSON, empty if there is none.</summary>
    public static string Text(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) switch
    {
        null => "",
        JsonValue value => value.ToString(),
        { } other => other.ToJsonString(),
    };

    public static bool Flag(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue(out bool flag) && flag;

    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            node = (node as JsonObject)?[name];
        return node;
    }

    public static IEnumerable<JsonObject> Items(this JsonNode? node, params ReadOnlySpan<string> path) =>
        (node.At(path) as JsonArray)?.OfType<JsonObject>() ?? [];

    public static JsonObject Child(this JsonObject node, string name)
    {
        if (node[name] is JsonObject child)
            return child;
        child = [];
        node[name] = child;
        return child;
    }

    public static JsonArray List(this JsonObject node, string name)
    {
        if (node[name] is JsonArray list)
            return list;
        list = [];
        node[name] = list;
        return list;
    }

    public static void Default(this JsonObject node, string name, JsonNode value)
    {
        if (node[name] is null)
            node[name] = value;
    }

    public static JsonArray Array(IEnumerable<JsonNode> nodes) => new([.. nodes]);

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
