namespace KubeCheckpoint;

/// <summary>The result of a restore test: whether a copy of a pod could be restored beside the original.</summary>
public sealed record PodRestoreTest
{
    /// <summary>The original's namespace.</summary>
    public required string? Namespace { get; init; }

    /// <summary>The original's name.</summary>
    public required string? PodName { get; init; }

    /// <summary>True where the pod came back and every probe succeeded.</summary>
    public required bool Passed { get; init; }

    /// <summary>The node the copy ran on, or null where the test ended before.</summary>
    public string? NodeName { get; init; }

    /// <summary>The namespace of the copy. It is deleted unless the copy is kept.</summary>
    public string? DrillNamespace { get; init; }

    /// <summary>The copy's name, or null where the test ended before.</summary>
    public string? DrillPodName { get; init; }

    /// <summary>True where the copy and its namespace were kept.</summary>
    public bool IsKept { get; init; }

    /// <summary>The step that failed, or null.</summary>
    public RestoreStage? FailedStage { get; init; }

    /// <summary>The failure's id, such as <c>RestoreFailed</c>, or null.</summary>
    public string? ErrorId { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Reason { get; init; }

    /// <summary>What to do about it, or null.</summary>
    public string? RecommendedAction { get; init; }

    /// <summary>How long the steps took.</summary>
    public IReadOnlyList<StageTime> Stages { get; init; } = [];

    /// <summary>The results of the probes.</summary>
    public IReadOnlyList<PodProbeResult> Probes { get; init; } = [];

    /// <summary>How the copy differs from the original on purpose, and what could not be removed.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The images that were restored. They stay in the registry.</summary>
    public IReadOnlyList<RestoreImage> Images { get; init; } = [];

    /// <summary>The original and the outcome.</summary>
    public override string ToString() => TerminalText.Line($"{Namespace}/{PodName}: {(Passed ? "passed" : $"failed ({FailedStage}: {ErrorId})")}");
}
