namespace KubeCheckpoint.Http;

/// <summary>The limits of time for requests. Nothing waits without a limit, and nothing is repeated without an end.</summary>
internal record HttpTimings
{
    /// <summary>The limit for a connection, including the TLS handshake and the tunnel of a proxy.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The limit for <see cref="LeastBytes"/> in either direction, and for a response to begin.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>The bytes of a large body that must arrive within each <see cref="Stall"/>: about 650 a second.</summary>
    public int LeastBytes { get; init; } = 64 * 1024;

    /// <summary>The limit for the whole body of a small response, such as a manifest or a token.</summary>
    public TimeSpan SmallBody { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The limit for one exchange that has a deadline of its own, however long that is.</summary>
    public TimeSpan LongestDeadline { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How often a request that fails for a transient reason is sent in all.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>The longest delay before the second attempt; it doubles with each further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The shortest delay, whatever the server says.</summary>
    public TimeSpan ShortestDelay => FirstDelay / 2;

    /// <summary>The longest delay that is chosen here.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest Retry-After that is respected; after a longer one the request fails.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After this time no further attempt begins; infinite where the attempts may be long.</summary>
    public TimeSpan LongestRepetition { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// The bytes between two failures of a large transfer that count as progress, after which the attempts are counted anew. A server that
    /// breaks off after every byte is left after <see cref="Attempts"/>.
    /// </summary>
    public long Progress { get; init; } = 256L << 10;

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
