using System.Net;
using System.Net.Http.Headers;

namespace KubeCheckpoint.Http;

/// <summary>A response with its body, which is small or truncated.</summary>
internal record HttpReply(HttpStatusCode Status, HttpResponseHeaders Headers, byte[] Body, Uri Uri) : ITransientReply
{
    /// <summary>The body's media type, or null.</summary>
    public string? MediaType { get; init; }

    /// <summary>The size of the body by its header, or null.</summary>
    public long? Length { get; init; }

    /// <summary>True where the body was longer than the limit.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>True for a status of the 200s, which is never a refusal.</summary>
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>True for a refusal that a repeated request may not meet.</summary>
    public bool IsTransient => RetrySchedule.IsTransient(Status);

    /// <summary>The secrets that were sent with the request. A refusal does not quote them.</summary>
    public SentSecrets Secrets { get; init; } = SentSecrets.None;

    /// <summary>How long the server asks the client to wait, or null.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The first value of a header, or null.</summary>
    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}

/// <summary>A response of any server, as far as it says whether to repeat the request.</summary>
internal interface ITransientReply
{
    public HttpStatusCode Status { get; }

    public TimeSpan? RetryAfter { get; }
}
