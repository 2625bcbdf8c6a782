namespace KubeCheckpoint;

/// <summary>One check of a preflight, with its result.</summary>
public sealed record SupportCheck
{
    /// <summary>The node it is about.</summary>
    public required string NodeName { get; init; }

    /// <summary>The archive it is about, or null where it is about the node alone.</summary>
    public string? ArchivePath { get; init; }

    /// <summary>
    /// The name of the check, such as <c>CheckpointGate</c>, <c>RuntimeRestore</c>, <c>NodeProxyRight</c> or <c>CpuFeatures</c>. Names do not
    /// change.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>What it affects.</summary>
    public required SupportScope Scope { get; init; }

    /// <summary>Its outcome.</summary>
    public required SupportOutcome Outcome { get; init; }

    /// <summary>What was found.</summary>
    public required string Detail { get; init; }

    /// <summary>What to do about it, or null where there is nothing to do.</summary>
    public string? Remedy { get; init; }

    /// <summary>True where the overall result is unknown as long as this check has none.</summary>
    internal bool IsDecisive { get; init; }

    /// <summary>Outcome, name and detail.</summary>
    public override string ToString() => TerminalText.Line($"{Outcome}: {Name}: {Detail}");
}
