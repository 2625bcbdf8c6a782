namespace KubeCheckpoint;

/// <summary>The outcome of a check of a preflight; the greater the value, the worse.</summary>
public enum SupportOutcome
{
    /// <summary>The check passed.</summary>
    Passed,

    /// <summary>The check did not run, because nothing depends on it or an earlier check failed; Detail says which.</summary>
    Skipped,

    /// <summary>The check has no result; Detail says why.</summary>
    Unknown,

    /// <summary>The check found a limitation, or a condition named in Detail under which the operation fails.</summary>
    Warning,

    /// <summary>The check failed: the operation will not work.</summary>
    Failed,
}
