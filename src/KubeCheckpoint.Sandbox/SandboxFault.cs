namespace KubeCheckpoint.Sandbox;

/// <summary>
/// Something that goes wrong on purpose. A fault strikes the requests that all of its conditions hold for, at most <see cref="Times"/>
/// times, and does all that it names: waits first, then sends a status, or lets the server respond and spoils its response.
/// </summary>
public sealed record SandboxFault
{
    /// <summary>The server it strikes; null for any.</summary>
    public SandboxServer? Server { get; init; }

    /// <summary>The HTTP method; null for any.</summary>
    public string? Method { get; init; }

    /// <summary>A part of the path with its query, compared as is; null for any.</summary>
    public string? PathContains { get; init; }

    /// <summary>A further condition; null for none.</summary>
    public Func<SandboxRequest, bool>? When { get; init; }

    /// <summary>How many matching requests pass unharmed first.</summary>
    public int Skip { get; init; }

    /// <summary>How many requests it strikes; <see cref="int.MaxValue"/> for all.</summary>
    public int Times { get; init; } = 1;

    /// <summary>The status to response with instead of what the server would; null to let the server response.</summary>
    public int? Status { get; init; }

    /// <summary>The body that goes with <see cref="Status"/>.</summary>
    public string Body { get; init; } = "";

    /// <summary>The body's media type.</summary>
    public string ContentType { get; init; } = "text/plain; charset=utf-8";

    /// <summary>Sent as <c>Retry-After</c>, in whole seconds; null for none.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How long to wait before anything else.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>True to never response; the connection stays open until the client leaves or the sandbox stops.</summary>
    public bool NeverResponds { get; init; }

    /// <summary>Cuts the connection after this many bytes of the response's body (of exec: of its output).</summary>
    public long? CutAfterBytes { get; init; }

    /// <summary>Cuts the connection after this many bytes of the request's body have been read.</summary>
    public long? CutRequestAfterBytes { get; init; }

    /// <summary>Of exec: sends this many bytes of output, leaves out the rest, and reports success.</summary>
    public long? TruncateAfterBytes { get; init; }

    /// <summary>Of the registry: names a digest that is not the content's.</summary>
    public bool WrongDigest { get; init; }
}
