namespace KubeCheckpoint;

/// <summary>How grave a line of CRIU's log is. The log marks errors and warnings only.</summary>
public enum CriuLogLevel
{
    /// <summary>Everything else: what CRIU calls messages, information and debugging.</summary>
    Info,

    /// <summary>CRIU could not do something and went on.</summary>
    Warning,

    /// <summary>CRIU could not do something, which mostly ends the dump.</summary>
    Error,
}
