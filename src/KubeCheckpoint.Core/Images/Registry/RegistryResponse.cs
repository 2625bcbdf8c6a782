using System.Net;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A response of a registry or a token server.</summary>
internal sealed record RegistryResponse : HttpReply
{
    public RegistryResponse(HttpReply reply)
        : base(reply)
    {
    }

    /// <summary>The digest of the content by the registry, or null.</summary>
    public string? ContentDigest => Header("Docker-Content-Digest");

    /// <summary>Whether this response to a HEAD says that there is a blob of a size. Some servers do not tell the size.</summary>
    public bool HasBlob(long size) => Status == HttpStatusCode.OK && (Length is not > 0 || Length == size);

    /// <summary>The error code and message in the body, or null.</summary>
    public string? Message => RegistryErrorBody.MessageOf(Body) is { } message ? Secrets.Hide(message) : null;
}
