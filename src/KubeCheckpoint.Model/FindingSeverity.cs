namespace KubeCheckpoint;

/// <summary>How much a finding matters.</summary>
public enum FindingSeverity
{
    /// <summary>Good to know.</summary>
    Information,

    /// <summary>The archive can be read, but something in it is odd or lies elsewhere.</summary>
    Warning,

    /// <summary>Something is missing, damaged or contradicts itself: a restore will fail, and answers may be wrong.</summary>
    Error,
}
