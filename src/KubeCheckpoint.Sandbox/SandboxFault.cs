namespace KubeCheckpoint.Sandbox;

/// <summary>
/// An injected fault. It applies to requests that meet all of its conditions, at most <see cref="Times"/> times, and has all the effects
/// that are set: it waits first, then sends a status, or lets the server respond and spoils the response.
/// </summary>
public sealed record SandboxFault
{
    /// <summary>The server; null for any.</summary>
    public SandboxServer? Server { get; init; }

    /// <summary>The HTTP method; null for any.</summary>
    public string? Method { get; init; }

    /// <summary>A part of the path with its query, case-sensitive; null for any.</summary>
    public string? PathContains { get; init; }

    /// <summary>A further condition; null for none.</summary>
    public Func<SandboxRequest, bool>? When { get; init; }

    /// <summary>How many matching requests are left alone first.</summary>
    public int Skip { get; init; }

    /// <summary>How many requests it applies to; <see cref="int.MaxValue"/> for all.</summary>
    public int Times { get; init; } = 1;

    /// <summary>The status to respond with; null to let the server respond.</summary>
    public int? Status { get; init; }

    /// <summary>The body that goes with <see cref="Status"/>.</summary>
    public string Body { get; init; } = "";

    /// <summary>The body's media type.</summary>
    public string ContentType { get; init; } = "text/plain; charset=utf-8";

    /// <summary>Sent as <c>Retry-After</c>, in whole seconds; null for none.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How long to wait before anything else.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>True never to respond; the connection stays open until the client disconnects or the sandbox stops.</summary>
    public bool NeverResponds { get; init; }

    /// <summary>Cuts the connection after this many bytes of the response's body (for exec, of the output).</summary>
    public long? CutAfterBytes { get; init; }

    /// <summary>Cuts the connection after this many bytes of the request's body (for exec, of the input) have been read.</summary>
    public long? CutRequestAfterBytes { get; init; }

    /// <summary>For exec: sends this many bytes of output, drops the rest, and reports success.</summary>
    public long? TruncateAfterBytes { get; init; }

    /// <summary>For exec: inverts the bits of the output's byte at this offset.</summary>
    public long? InvertByteAt { get; init; }

    /// <summary>For the registry: reports a wrong digest.</summary>
    public bool WrongDigest { get; init; }
}
