namespace KubeCheckpoint;

/// <summary>What a probe of a restored pod came to.</summary>
public sealed record PodProbeResult
{
    /// <summary>How it asked.</summary>
    public required PodProbeKind Kind { get; init; }

    /// <summary>What it asked: port and path, a port, a command.</summary>
    public required string Target { get; init; }

    /// <summary>True where it succeeded.</summary>
    public required bool Succeeded { get; init; }

    /// <summary>How often it asked.</summary>
    public required int Attempts { get; init; }

    /// <summary>How long it took until it succeeded or gave up.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>What the last answer was.</summary>
    public required string Detail { get; init; }

    /// <summary>Kind, target and outcome.</summary>
    public override string ToString() => $"{Kind} {Target}: {(Succeeded ? "ok" : Detail)}";
}
