using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Restore.Patches;

/// <summary>Carries out the operations of a JSON Patch, https://www.rfc-editor.org/rfc/rfc6902, at JSON pointers (RFC 6901).</summary>
internal static class JsonPatch
{
    public static JsonNode Apply(JsonNode document, JsonArray operations)
    {
        foreach (var entry in operations)
        {
            var operation = entry as JsonObject ?? throw PatchFailure.PatchInvalid("an operation is not an object");
            Apply(document, operation);
        }

        return document;
    }

    private static void Apply(JsonNode document, JsonObject operation)
    {
        var path = Path(operation, "path");
        switch (operation.Text("op"))
        {
            case "add":
                Add(document, path, Value(operation));
                break;
            case "remove":
                Remove(document, path);
                break;
            case "replace":
                Remove(document, path);
                Add(document, path, Value(operation));
                break;
            case "move":
                Add(document, path, Remove(document, Path(operation, "from")));
                break;
            case "copy":
                Add(document, path, Get(document, Path(operation, "from"))?.DeepClone());
                break;
            case "test":
                if (!JsonNode.DeepEquals(Get(document, path), Value(operation)))
                    throw NotApplicable(path, "the value there is different");
                break;
            default:
                throw PatchFailure.PatchInvalid($"there is no operation '{operation.Text("op")}'");
        }
    }

    private static string[] Path(JsonObject operation, string member)
    {
        if (operation.Text(member) is not { } pointer || pointer[0] != '/')
            throw PatchFailure.PatchInvalid($"an operation has no '{member}' that begins with '/'");
        return
        [
            .. pointer[1..].Split('/')
                .Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)),
        ];
    }

    private static JsonNode? Value(JsonObject operation) =>
        operation.ContainsKey("value") ? operation["value"]?.DeepClone() : throw PatchFailure.PatchInvalid("an operation has no 'value'");

    private static JsonNode? Get(JsonNode document, string[] path)
    {
        var node = document;
        foreach (var part in path)
        {
            node = node switch
            {
                JsonObject members when members.ContainsKey(part) => members[part],
                JsonArray items => items[Index(items, part, path, isNew: false)],
                _ => throw NotApplicable(path, "the path does not exist"),
            };
        }

        return node;
    }

    private static void Add(JsonNode document, string[] path, JsonNode? value)
    {
        switch (Get(document, path[..^1]))
        {
            case JsonObject members:
                members[path[^1]] = value;
                break;
            case JsonArray items:
                items.Insert(Index(items, path[^1], path, isNew: true), value);
                break;
            default:
                throw NotApplicable(path, "the path does not exist");
        }
    }

    private static JsonNode? Remove(JsonNode document, string[] path)
    {
        var value = Get(document, path);
        switch (Get(document, path[..^1]))
        {
            case JsonObject members:
                members.Remove(path[^1]);
                break;
            case JsonArray items:
                items.RemoveAt(Index(items, path[^1], path, isNew: false));
                break;
        }

        return value;
    }

    private static int Index(JsonArray items, string part, string[] path, bool isNew)
    {
        if (isNew && part == "-")
            return items.Count;
        var isNumber = int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index);
        return isNumber && index < items.Count + (isNew ? 1 : 0) ? index : throw NotApplicable(path, $"the list has {items.Count} items");
    }

    private static KubeCheckpointException NotApplicable(string[] path, string reason) =>
        PatchFailure.PatchNotApplicable($"/{string.Join('/', path)}", reason);
}
