using System.Net.Http.Headers;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A request that can be made again: its body is made anew each time.</summary>
internal sealed record RegistryRequest(HttpMethod Method, Uri Uri)
{
    public Func<StallGuard, HttpContent>? Content { get; init; }

    /// <summary>The media types that are understood; empty where that does not matter.</summary>
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The first byte that is wanted, where a read goes on in the middle.</summary>
    public long From { get; init; }

    /// <summary>How much of the answer's body is read, in bytes.</summary>
    public int LargestBody { get; init; } = 1024 * 1024;

    /// <summary>Asks the server for a word before the body is sent, so that a refusal does not cost the whole upload.</summary>
    public bool AskFirst { get; init; }

    /// <summary>What its token must allow. Null: what the client was opened for.</summary>
    public RegistryScope? Scope { get; init; }

    /// <summary>Sent to the origin of <see cref="Uri"/> only, whatever is redirected to.</summary>
    public AuthenticationHeaderValue? Authorization { get; init; }
}
