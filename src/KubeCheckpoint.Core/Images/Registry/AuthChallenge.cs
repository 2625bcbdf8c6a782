using System.Net.Http.Headers;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Images.Registry;

/// <summary>The challenge of a 401 (RFC 7235, and the distribution project's token authentication).</summary>
internal sealed record AuthChallenge(bool IsBearer, Uri? Realm, string? Service)
{
    /// <summary>The first challenge that is supported, Bearer before Basic; null where there is none.</summary>
    public static AuthChallenge? Of(HttpResponseHeaders headers)
    {
        var challenges = headers.WwwAuthenticate;
        if (challenges.FirstOrDefault(challenge => IsScheme(challenge, "Bearer")) is { Parameter: { } parameter })
        {
            var fields = Fields(parameter);
            if (Uri.TryCreate(fields.GetValueOrDefault("realm"), UriKind.Absolute, out var realm) && OutsideUrl.TryRead(realm) is { } server)
                return new AuthChallenge(true, server, fields.GetValueOrDefault("service"));
        }
        return challenges.Any(challenge => IsScheme(challenge, "Basic")) ? new AuthChallenge(false, null, null) : null;
    }

    private static bool IsScheme(AuthenticationHeaderValue value, string scheme) =>
        string.Equals(value.Scheme, scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>The fields <c>name="value"</c> of a challenge, the first of each name. Each character is looked at once, whatever a server sends.</summary>
    private static Dictionary<string, string> Fields(ReadOnlySpan<char> text)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (!text.IsEmpty)
        {
            var name = text[..NameLength(text)];
            text = text[Math.Max(1, name.Length)..];
            if (name.IsEmpty || text.TrimStart() is not ['=', .. var value] || value.TrimStart() is not ['"', .. var quoted])
                continue;
            var end = quoted.IndexOf('"');
            if (end < 0)
                break;
            fields.TryAdd(name.ToString(), quoted[..end].ToString());
            text = quoted[(end + 1)..];
        }
        return fields;
    }

    private static int NameLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && (char.IsLetterOrDigit(text[length]) || text[length] == '_'))
            length++;
        return length;
    }
}
