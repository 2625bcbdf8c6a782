using System.Text.Json.Nodes;

namespace KubeCheckpoint.Json;

/// <summary>
/// Reads and extends JSON objects that can be changed, in which any field may be missing, without throwing: the counterpart of
/// <see cref="JsonReading"/>.
/// </summary>
internal static class JsonEditing
{
    /// <summary>A member's text, or null where it is absent, empty or no text.</summary>
    public static string? Text(this JsonObject owner, string name) =>
        owner[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    /// <summary>A member's number, or null where it is absent or no integer.</summary>
    public static int? Number(this JsonObject owner, string name) =>
        owner[name] is JsonValue value && value.TryGetValue<int>(out var number) ? number : null;

    /// <summary>A member that is true or false, or null where it is neither.</summary>
    public static bool? Flag(this JsonObject owner, string name) =>
        owner[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

    /// <summary>The member that is an object, or null.</summary>
    public static JsonObject? Object(this JsonObject owner, string name) => owner[name] as JsonObject;

    /// <summary>The objects of a list; none where there is no list.</summary>
    public static IEnumerable<JsonObject> Objects(this JsonObject owner, string list) => (owner[list] as JsonArray ?? []).OfType<JsonObject>();

    /// <summary>The texts of a list; none where there is no list.</summary>
    public static IEnumerable<string> Texts(this JsonObject owner, string list) =>
        (owner[list] as JsonArray ?? []).OfType<JsonValue>().Select(item => item.TryGetValue<string>(out var text) ? text : null).OfType<string>();

    /// <summary>Adds to a list, which is made where it is absent.</summary>
    public static void Append(this JsonObject owner, string list, JsonNode item)
    {
        if (owner[list] is not JsonArray items)
        {
            items = [];
            owner[list] = items;
        }

        items.Add(item);
    }

    /// <summary>The member that is an object, which is made where it is absent.</summary>
    public static JsonObject Child(this JsonObject owner, string name)
    {
        if (owner[name] is JsonObject child)
            return child;
        child = [];
        owner[name] = child;
        return child;
    }
}
