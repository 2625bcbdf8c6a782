using System.Net.Http.Headers;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A request that can be repeated: its body is created each time.</summary>
internal sealed record RegistryRequest(HttpMethod Method, Uri Uri)
{
    public Func<StallGuard, HttpContent>? Content { get; init; }

    /// <summary>The media types that are accepted; empty where that does not matter.</summary>
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The first byte to read, where a read resumes in the middle.</summary>
    public long From { get; init; }

    /// <summary>The limit for the body of the response, in bytes.</summary>
    public int LargestBody { get; init; } = 1024 * 1024;

    /// <summary>Asks the server to agree before the body is sent, so that a refusal does not cost the whole upload.</summary>
    public bool ExpectContinue { get; init; }

    /// <summary>What the token must allow. Default: what the client was opened for.</summary>
    public RegistryScope? Scope { get; init; }

    /// <summary>Sent only to the origin of <see cref="Uri"/>, not to where it redirects.</summary>
    public AuthenticationHeaderValue? Authorization { get; init; }
}
