using System.Net.Http.Headers;
using System.Text;

namespace KubeCheckpoint.Http;

/// <summary>
/// The secrets that were sent with a request, which a server may quote in its response: a proxy that shows the headers it received, for
/// example. What becomes part of a message does not show them.
/// </summary>
internal sealed class SentSecrets
{
    private const string Mask = "***";

    // Shorter ones are part of ordinary words.
    private const int Shortest = 4;

    private readonly string[] _texts;

    /// <param name="secrets">The secrets. Their form in a URL is looked for too.</param>
    public SentSecrets(params IEnumerable<string?> secrets) =>
        _texts =
        [
            // The longer forms first: one may contain another.
            .. secrets.OfType<string>().SelectMany(text => new[] { text, Uri.EscapeDataString(text) })
                .Where(text => text.Length >= Shortest).Distinct().OrderByDescending(text => text.Length),
        ];

    public static SentSecrets None { get; } = new();

    /// <summary>Those of a header, which are the token, or the password with and without its encoding; and that of a body.</summary>
    public static SentSecrets Of(AuthenticationHeaderValue? authorization, string? secretOfBody) => new(Texts(authorization, secretOfBody));

    /// <summary>A text with <c>***</c> in place of each.</summary>
    public string Hide(string text) => _texts.Aggregate(text, (hidden, secret) => hidden.Replace(secret, Mask, StringComparison.Ordinal));

    /// <summary>A body with <c>***</c> in place of each.</summary>
    public byte[] Hide(byte[] body) => Array.Exists(_texts, secret => body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0)
        ? Encoding.UTF8.GetBytes(Hide(Encoding.UTF8.GetString(body)))
        : body;

    private static IEnumerable<string?> Texts(AuthenticationHeaderValue? authorization, string? secretOfBody)
    {
        yield return secretOfBody;
        if (authorization?.Parameter is not { } sent)
            yield break;
        yield return sent;
        var decoded = new byte[sent.Length];
        if (authorization.Scheme == "Basic" && Convert.TryFromBase64String(sent, decoded, out var length))
            yield return Encoding.UTF8.GetString(decoded, 0, length).Split(':', 2)[^1];
    }
}
