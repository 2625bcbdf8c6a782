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
            if (value is null || value.AsSpan().ContainsAny('\r', '\n'))
                return null;
            var lifetime = document.RootElement.TryGetProperty("expires_in", out var seconds) && seconds.TryGetInt32(out var number) && number > 0
                ? number
                : DefaultLifetime;
            // A tenth earlier, so that it does not expire on the way.
            return new RegistryToken(value, now.AddSeconds(lifetime * 0.9));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public override string ToString() => nameof(RegistryToken);

    private static string? Text(JsonDocument document, string field) =>
        document.RootElement.TryGetProperty(field, out var value) && value.GetString() is { Length: > 0 } text ? text : null;
}
