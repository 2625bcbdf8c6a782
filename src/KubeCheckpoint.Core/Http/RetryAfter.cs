using System.Globalization;
using System.Net.Http.Headers;

namespace KubeCheckpoint.Http;

/// <summary>The header Retry-After: seconds or a date (RFC 9110, section 10.2.3). Anything else is as good as none.</summary>
internal static class RetryAfter
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>How long the server asks the client to wait; zero for a date in the past.</summary>
    /// <param name="headers">The headers of the response.</param>
    /// <param name="now">The time.</param>
    public static TimeSpan? Read(HttpResponseHeaders headers, DateTimeOffset now) =>
        headers.NonValidated.TryGetValues("Retry-After", out var values) ? Read(values.FirstOrDefault(), now) : null;

    private static TimeSpan? Read(string? text, DateTimeOffset now)
    {
        text = text?.Trim() ?? "";
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
        {
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < (long)Longest.TotalSeconds
                ? TimeSpan.FromSeconds(seconds)
                : Longest;
        }
        if (!DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
            return null;
        var wait = date - now;
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait > Longest ? Longest : wait;
    }
}
