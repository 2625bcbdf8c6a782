namespace KubeCheckpoint.Images.Registry;

/// <summary>Time limits for a registry. Nothing waits without a limit.</summary>
internal sealed record RegistryTimings
{
    /// <summary>The limit for a connection, including the TLS handshake.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The limit without data in either direction.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>How often a request that fails for a transient reason is sent in all.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>How often an upload is resumed in all, even if it makes progress each time.</summary>
    public int AttemptsOfUpload { get; init; } = 100;

    /// <summary>The delay before the second attempt; it doubles with each further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest Retry-After that is respected; after a longer one the request fails.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The limit for the response to an upload, which grows with its size: some registries hash or copy a blob only then.</summary>
    public TimeSpan WaitAfterUpload(long bytes) => Stall + TimeSpan.FromSeconds(bytes / 20_000_000);
}
