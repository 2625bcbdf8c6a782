using System.Net;
using System.Text.Json;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>A whole answer of an API server or kubelet.</summary>
internal sealed record ServerAnswer(HttpStatusCode Status, string Body, TimeSpan? RetryAfter = null)
{
    private const int QuotedLength = 4096;

    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>The API server's own refusal, or null where the body is something else, such as the words of a kubelet.</summary>
    public ApiStatus? ApiStatus { get; } = ApiStatus.TryParse(Body);

    /// <summary>What the server said, in a line or two.</summary>
    public string Words => ApiStatus?.Message ?? Body.Trim();

    /// <summary>The answer as the inner exception of a failure.</summary>
    public HttpRequestException ToException() =>
        new($"{(int)Status} {Status}: {Words.Shorten(QuotedLength)}", inner: null, Status);

    public JsonDocument ToJson() => JsonDocument.Parse(Body);
}
