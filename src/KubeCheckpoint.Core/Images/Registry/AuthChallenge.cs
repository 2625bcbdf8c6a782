using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Images.Registry;

/// <summary>The challenge of a 401 (RFC 7235, and the distribution project's token authentication).</summary>
internal sealed partial record AuthChallenge(bool IsBearer, Uri? Realm, string? Service)
{
    /// <summary>The first challenge that is supported, Bearer before Basic; null where there is none.</summary>
    public static AuthChallenge? Of(HttpResponseHeaders headers)
    {
        var challenges = headers.WwwAuthenticate;
        if (challenges.FirstOrDefault(challenge => IsScheme(challenge, "Bearer")) is { Parameter: { } parameter })
        {
            var fields = Field().Matches(parameter)
                .DistinctBy(match => match.Groups[1].Value, StringComparer.OrdinalIgnoreCase)
                .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value, StringComparer.OrdinalIgnoreCase);
            if (Uri.TryCreate(fields.GetValueOrDefault("realm"), UriKind.Absolute, out var realm) && realm.Scheme is "http" or "https")
                return new AuthChallenge(true, WithoutUserInfo(realm), fields.GetValueOrDefault("service"));
        }
        return challenges.Any(challenge => IsScheme(challenge, "Basic")) ? new AuthChallenge(false, null, null) : null;
    }

    // A user name and password in it would not be the user's.
    private static Uri WithoutUserInfo(Uri uri) => uri.UserInfo.Length == 0 ? uri : new UriBuilder(uri) { UserName = "", Password = "" }.Uri;

    private static bool IsScheme(AuthenticationHeaderValue value, string scheme) =>
        string.Equals(value.Scheme, scheme, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("\\b([A-Za-z_]+)\\s*=\\s*\"([^\"]*)\"")]
    private static partial Regex Field();
}
