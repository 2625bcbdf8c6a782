using System.Text;
using System.Text.Json;

namespace KubeCheckpoint.Images.Registry;

/// <summary>The body of a refusal: <c>{"errors":[{"code","message"}]}</c> (distribution spec, "Error Codes"), or any other text.</summary>
internal static class RegistryErrorBody
{
    private const int Longest = 500;

    /// <summary>The codes and messages on one line, without control characters; null for an empty body.</summary>
    public static string? MessageOf(byte[] body)
    {
        var text = Structured(body) ?? Encoding.UTF8.GetString(body);
        text = new string([.. text.Select(character => char.IsControl(character) ? ' ' : character)]).Trim();
        return text.Length == 0 ? null : text.Length > Longest ? text[..Longest] + "..." : text;
    }

    private static string? Structured(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var errors = document.RootElement.GetProperty("errors").EnumerateArray().Take(5)
                .Select(error => string.Join(": ", new[] { Text(error, "code"), Text(error, "message") }.Where(part => part is not null)));
            return string.Join("; ", errors);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement error, string field) =>
        error.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
