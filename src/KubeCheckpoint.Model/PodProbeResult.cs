namespace KubeCheckpoint;

/// <summary>The result of a probe of a restored pod.</summary>
public sealed record PodProbeResult
{
    /// <summary>The kind of probe.</summary>
    public required PodProbeKind Kind { get; init; }

    /// <summary>Its target: port and path, a port, or a command.</summary>
    public required string Target { get; init; }

    /// <summary>True where it succeeded.</summary>
    public required bool Succeeded { get; init; }

    /// <summary>How often it was tried.</summary>
    public required int Attempts { get; init; }

    /// <summary>How long it took until it succeeded or gave up.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The last response.</summary>
    public required string Detail { get; init; }

    /// <summary>Kind, target and outcome.</summary>
    public override string ToString() => TerminalText.Line($"{Kind} {Target}: {(Succeeded ? "ok" : Detail)}");
}
