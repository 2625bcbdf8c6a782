using System.Globalization;
using System.Text.Json;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A bearer token, and when it is renewed.</summary>
internal sealed record RegistryToken(string Value, DateTimeOffset RenewAt)
{
    // The token specification: sixty seconds where expires_in is absent.
    private const int DefaultLifetime = 60;

    public static RegistryToken? Parse(byte[] response, DateTimeOffset now)
    {
        // A tenth earlier, so that it does not expire on the way.
        return StrictJson.TryRead(response, root => (root.Text("token") ?? root.Text("access_token")) is { } value
            ? new RegistryToken(value, now.AddSeconds((Lifetime(root) ?? DefaultLifetime) * 0.9))
            : null);
    }

    public override string ToString() => nameof(RegistryToken);

    // A number; some servers send it as text. Like all optional fields it never makes a token unusable.
    private static int? Lifetime(JsonElement response) =>
        response.TryGetProperty("expires_in", out var seconds)
        && int.TryParse(seconds.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number > 0
            ? number
            : null;
}
