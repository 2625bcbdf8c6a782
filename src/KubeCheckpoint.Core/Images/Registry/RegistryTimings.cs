namespace KubeCheckpoint.Images.Registry;

/// <summary>How long a registry is waited for. Nothing waits without an end.</summary>
internal sealed record RegistryTimings
{
    /// <summary>For a connection, the TLS handshake included.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without a byte in either direction.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>How often a request that failed for a passing reason is made in all.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>How often an upload is taken up again in all, however much further it gets each time.</summary>
    public int AttemptsOfUpload { get; init; } = 100;

    /// <summary>Before the second attempt; doubles with every further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest Retry-After that is obeyed; a server that asks for more is not waited for.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How much longer an answer may take after an upload, per byte sent: some stores hash or copy a blob only then.</summary>
    public TimeSpan WaitAfterUpload(long bytes) => Stall + TimeSpan.FromSeconds(bytes / 20_000_000);
}
