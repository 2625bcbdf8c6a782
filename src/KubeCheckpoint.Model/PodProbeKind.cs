namespace KubeCheckpoint;

/// <summary>How a restored pod is probed.</summary>
public enum PodProbeKind
{
    /// <summary>An HTTP GET through the API server's pod proxy.</summary>
    Http,

    /// <summary>A TCP connection through port-forward.</summary>
    Tcp,

    /// <summary>A command in a container.</summary>
    Command,

    /// <summary>A script block that gets the pod.</summary>
    Script,
}
