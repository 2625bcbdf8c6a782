using System.Globalization;
using System.Text.Json;

namespace KubeCheckpoint.Json;

/// <summary>Reads JSON objects of Kubernetes, any field of which may be missing, without throwing.</summary>
internal static class JsonReading
{
    /// <summary>The value at a path of member names, or an undefined element.</summary>
    public static JsonElement At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
                return default;
        }

        return element;
    }

    public static string? Text(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var value = element.At(path);
        return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
    }

    public static int? Number(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var value = element.At(path);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;
    }

    public static bool IsTrue(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path).ValueKind == JsonValueKind.True;

    public static bool Exists(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>The items of the array at a path; none if there is no array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, params ReadOnlySpan<string> path)
    {
        var value = element.At(path);
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];
    }

    public static DateTimeOffset? Time(this JsonElement element, params ReadOnlySpan<string> path) =>
        DateTimeOffset.TryParse(element.Text(path), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;
}
