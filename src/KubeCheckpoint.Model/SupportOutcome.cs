namespace KubeCheckpoint;

/// <summary>How a check of a preflight ended, the worse the greater.</summary>
public enum SupportOutcome
{
    /// <summary>It is as it must be.</summary>
    Passed,

    /// <summary>It was not asked, because nothing depends on the answer or because an earlier check failed; Detail says which.</summary>
    Skipped,

    /// <summary>It could not be found out; Detail says why not.</summary>
    Unknown,

    /// <summary>It does not stand in the way by itself, but may cost something, or stand in the way under a condition that Detail names.</summary>
    Warning,

    /// <summary>It stands in the way.</summary>
    Failed,
}
