using System.Net;
using System.Net.Http.Headers;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A response with its body, which is small or truncated.</summary>
internal sealed record RegistryResponse(HttpStatusCode Status, HttpResponseHeaders Headers, byte[] Body, Uri Uri)
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
    public bool IsTransient => Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>How long the server asks the client to wait, or null.</summary>
    public TimeSpan? RetryAfter => Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
        _ => null,
    };

    /// <summary>The digest of the content by the registry, or null.</summary>
    public string? ContentDigest => Header("Docker-Content-Digest");

    /// <summary>The error code and message in the body, or null.</summary>
    public string? Message => RegistryErrorBody.MessageOf(Body);

    /// <summary>The first value of a header, or null.</summary>
    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
