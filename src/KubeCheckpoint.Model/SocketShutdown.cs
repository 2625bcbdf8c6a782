namespace KubeCheckpoint;

/// <summary>Which directions of a connection were shut down with <c>shutdown(2)</c>.</summary>
[Flags]
public enum SocketShutdown
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>No more can be read.</summary>
    Read = 1,

    /// <summary>No more can be written.</summary>
    Write = 2,

    /// <summary>Both.</summary>
    Both = Read | Write,
}
