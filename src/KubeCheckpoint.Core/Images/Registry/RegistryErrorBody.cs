using System.Text;
using System.Text.Json;
using KubeCheckpoint.Json;

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
        return StrictJson.TryRead(body, root => string.Join("; ", root.GetProperty("errors").EnumerateArray().Take(5).Select(TextOf)));
    }

    private static string TextOf(JsonElement error) => string.Join(": ", new[] { error.Text("code"), error.Text("message") }.OfType<string>());
}
