using System.Net.Http.Headers;
using System.Text;

namespace KubeCheckpoint.Http;

/// <summary>Keeps the secrets of a request out of its response: a server may quote the request, and messages quote the server.</summary>
internal static class SentSecrets
{
    /// <summary>Shorter ones are no secrets, and are parts of ordinary words.</summary>
    private const int Shortest = 4;

    private static readonly byte[] Mask = "***"u8.ToArray();

    /// <summary>The body, with <c>***</c> instead of each secret that was sent.</summary>
    /// <param name="body">The body of the response.</param>
    /// <param name="authorization">The header that was sent, or null.</param>
    /// <param name="secretOfBody">The secret in the body that was sent, or null.</param>
    public static byte[] Remove(byte[] body, AuthenticationHeaderValue? authorization, string? secretOfBody = null)
    {
        // The longer forms first: one may contain another.
        foreach (var secret in Forms(Texts(authorization, secretOfBody)).OrderByDescending(secret => secret.Length))
            body = Replace(body, secret);
        return body;
    }

    private static IEnumerable<byte[]> Forms(IEnumerable<string> secrets) => secrets.SelectMany(text => new[] { text, Uri.EscapeDataString(text) })
        .Where(text => text.Length >= Shortest)
        .Distinct()
        .Select(Encoding.UTF8.GetBytes);

    private static IEnumerable<string> Texts(AuthenticationHeaderValue? authorization, string? secretOfBody)
    {
        if (secretOfBody is not null)
            yield return secretOfBody;
        if (authorization?.Parameter is not { } sent)
            yield break;
        yield return sent;
        var decoded = new byte[sent.Length];
        if (authorization.Scheme == "Basic" && Convert.TryFromBase64String(sent, decoded, out var length))
            yield return Encoding.UTF8.GetString(decoded, 0, length).Split(':', 2)[^1];
    }

    private static byte[] Replace(byte[] body, byte[] secret)
    {
        if (body.AsSpan().IndexOf(secret) < 0)
            return body;
        using var masked = new MemoryStream();
        ReadOnlySpan<byte> rest = body;
        for (var at = rest.IndexOf(secret); at >= 0; at = rest.IndexOf(secret))
        {
            masked.Write(rest[..at]);
            masked.Write(Mask);
            rest = rest[(at + secret.Length)..];
        }
        masked.Write(rest);
        return masked.ToArray();
    }
}
