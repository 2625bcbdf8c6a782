using System.Globalization;
using System.Text.Json;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A bearer token, and when it is renewed.</summary>
internal sealed record RegistryToken(string Value, DateTimeOffset RenewAt)
{
    // The token specification: sixty seconds where expires_in is absent.
    private const int DefaultLifetime = 60;

    public static RegistryToken? Parse(byte[] response, DateTimeOffset now)
    {
        try
        {
            using var document = JsonDocument.Parse(response);
            var value = Text(document, "token") ?? Text(document, "access_token");
            if (value is null)
                return null;
            // A tenth earlier, so that it does not expire on the way.
            return new RegistryToken(value, now.AddSeconds((Lifetime(document.RootElement) ?? DefaultLifetime) * 0.9));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public override string ToString() => nameof(RegistryToken);

    // A number; some servers send it as text. Like all optional fields it never makes a token unusable.
    private static int? Lifetime(JsonElement response) =>
        response.TryGetProperty("expires_in", out var seconds)
        && int.TryParse(seconds.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number > 0
            ? number
            : null;

    private static string? Text(JsonDocument document, string field) =>
        document.RootElement.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : null;
}
