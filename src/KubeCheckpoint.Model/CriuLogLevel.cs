namespace KubeCheckpoint;

/// <summary>How grave a line of CRIU's log is. The log marks errors and warnings only.</summary>
public enum CriuLogLevel
{
    /// <summary>All other messages.</summary>
    Info,

    /// <summary>Warnings, after which CRIU continued.</summary>
    Warning,

    /// <summary>Errors, which usually end the dump.</summary>
    Error,
}
