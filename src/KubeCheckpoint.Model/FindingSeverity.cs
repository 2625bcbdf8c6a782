namespace KubeCheckpoint;

/// <summary>How much a finding matters.</summary>
public enum FindingSeverity
{
    /// <summary>For information.</summary>
    Information,

    /// <summary>The archive can be read, but something in it is unusual or stored elsewhere.</summary>
    Warning,

    /// <summary>Something is missing, damaged or contradicts itself: a restore will fail, and what cmdlets report may be wrong.</summary>
    Error,
}
