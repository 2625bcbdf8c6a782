namespace KubeCheckpoint;

/// <summary>One question of a preflight, with its answer.</summary>
public sealed record SupportCheck
{
    /// <summary>The node it was asked of.</summary>
    public required string NodeName { get; init; }

    /// <summary>The archive it was asked for, or null where it was asked of the node alone.</summary>
    public string? ArchivePath { get; init; }

    /// <summary>
    /// What was asked, such as <c>CheckpointGate</c>, <c>RuntimeRestore</c>, <c>NodeProxyRight</c> or <c>CpuFeatures</c>. The names do not
    /// change.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>What it matters for.</summary>
    public required SupportScope Scope { get; init; }

    /// <summary>How it ended.</summary>
    public required SupportOutcome Outcome { get; init; }

    /// <summary>What was found.</summary>
    public required string Detail { get; init; }

    /// <summary>What to do about it, or null where there is nothing to do.</summary>
    public string? Remedy { get; init; }

    /// <summary>True where the whole cannot be answered as long as this is unknown.</summary>
    internal bool IsDecisive { get; init; }

    /// <summary>Outcome, name and detail.</summary>
    public override string ToString() => $"{Outcome}: {Name}: {Detail}";
}
