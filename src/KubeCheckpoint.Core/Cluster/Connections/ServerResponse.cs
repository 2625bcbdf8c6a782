using System.Net;
using System.Text.Json;
using KubeCheckpoint.Http;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>A complete response of an API server or kubelet.</summary>
internal sealed record ServerResponse(HttpStatusCode Status, string Body, TimeSpan? RetryAfter = null) : ITransientReply
{
    private const int QuotedLength = 4096;

    /// <summary>The time by the server's clock when it responded, or null.</summary>
    public DateTimeOffset? Date { get; init; }

    // A list of pods is not parsed twice.
    private readonly Lazy<ApiStatus?> _apiStatus = new(() => ApiStatus.TryParse(Body));

    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>The <c>Status</c> object of an API server, or null if the body is something else, such as a kubelet's plain text.</summary>
    public ApiStatus? ApiStatus => _apiStatus.Value;

    /// <summary>The server's message: the Status message, or else the body; empty if there is neither.</summary>
    public string Message => Secrets.Hide(ApiStatus?.Message ?? Body.Trim());

    /// <summary>The secrets that were sent with the request, which the message does not quote.</summary>
    public SentSecrets Secrets { get; init; } = SentSecrets.None;

    /// <summary>The server's message, or what its status says of a response without one.</summary>
    public string Explanation => Message.Length > 0 ? Message
        : (int)Status is >= 300 and < 400 ? $"{(int)Status} {Status}, a redirect, which is not followed"
        : $"{(int)Status} {Status}, without a message";

    /// <summary>The status, which is all there is of a response without a body, and the server's message.</summary>
    public string Reason => Message.Length == 0 ? $"{(int)Status} {Status}" : $"{(int)Status} {Status}: {Message}";

    /// <summary>The response as the inner exception of a failure.</summary>
    public HttpRequestException ToException() =>
        new(TerminalText.Lines(Reason.Shorten(QuotedLength)), inner: null, Status);

    /// <exception cref="JsonException">The body is not valid JSON.</exception>
    public JsonDocument ToJson() => StrictJson.Parse(Body);
}
