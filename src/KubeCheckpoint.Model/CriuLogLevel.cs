namespace KubeCheckpoint;

/// <summary>The severity of a line of CRIU's log. The log marks errors and warnings only.</summary>
public enum CriuLogLevel
{
    /// <summary>All other messages.</summary>
    Info,

    /// <summary>Warnings, after which CRIU continued.</summary>
    Warning,

    /// <summary>Errors, which usually end the dump.</summary>
    Error,
}
