using System.Net.Http.Headers;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A request that can be made again: its body is made anew each time.</summary>
internal sealed record RegistryRequest(HttpMethod Method, Uri Uri)
{
    public Func<StallGuard, HttpContent>? Content { get; init; }

    /// <summary>Asks the server for a word before the body is sent, so that a refusal does not cost the whole upload.</summary>
    public bool AskFirst { get; init; }

    /// <summary>The media types that are wanted; none to leave that to the registry.</summary>
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>Sent to the origin of <see cref="Uri"/> only, whatever is redirected to.</summary>
    public AuthenticationHeaderValue? Authorization { get; init; }
}
