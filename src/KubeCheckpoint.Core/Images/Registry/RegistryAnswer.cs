using System.Net;
using System.Net.Http.Headers;

namespace KubeCheckpoint.Images.Registry;

/// <summary>An answer with its body, which is small or cut.</summary>
internal sealed record RegistryAnswer(HttpStatusCode Status, HttpResponseHeaders Headers, byte[] Body, Uri Uri)
{
    /// <summary>The body's media type, or null.</summary>
    public string? MediaType { get; init; }

    /// <summary>How many bytes the body has, by the header; null where it does not say.</summary>
    public long? Length { get; init; }

    /// <summary>True where there was more of the body than is read.</summary>
    public bool IsCut { get; init; }

    /// <summary>True for a refusal that may pass by itself.</summary>
    public bool MayPass => Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>How long the server asks to wait, or null.</summary>
    public TimeSpan? RetryAfter => Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
        _ => null,
    };

    /// <summary>The digest the registry says it stored, or null.</summary>
    public string? ContentDigest => Header("Docker-Content-Digest");

    public string? Words => RegistryErrorBody.Words(Body);

    /// <summary>A header's first value, or null.</summary>
    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
