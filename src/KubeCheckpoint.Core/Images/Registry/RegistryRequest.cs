using KubeCheckpoint.Http;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A request to a registry or a token server.</summary>
internal sealed record RegistryRequest(HttpMethod Method, Uri Uri) : HttpCall(Method, Uri)
{
    /// <summary>What the token must allow. Default: what the client was opened for.</summary>
    public RegistryScope? Scope { get; init; }
}
