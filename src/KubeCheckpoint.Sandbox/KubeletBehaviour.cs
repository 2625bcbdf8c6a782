namespace KubeCheckpoint.Sandbox;

/// <summary>How a kubelet of the sandbox handles a checkpoint request.</summary>
public enum KubeletBehaviour
{
    /// <summary>Writes an archive and returns its path.</summary>
    Normal,

    /// <summary>404 <c>404 page not found</c>: the feature gate ContainerCheckpoint is off.</summary>
    GateOff,

    /// <summary>500: no criu binary on the node.</summary>
    CriuMissing,

    /// <summary>500 <c>checkpoint/restore support not available</c>: disabled in the runtime's configuration.</summary>
    CriuSupportOff,

    /// <summary>500 <c>unknown method CheckpointContainer</c>: the runtime is too old for the call.</summary>
    RuntimeTooOld,

    /// <summary>500 <c>DeadlineExceeded</c>; CRI-O still writes the archive, after the checkpoint delay.</summary>
    DeadlineExceeded,

    /// <summary>500 with the runtime's message about an established TCP connection, unless CRIU's configuration on the node has tcp-established.</summary>
    EstablishedTcp,

    /// <summary>500 for the first checkpoint of each container, which had not accepted a connection yet; the next one succeeds.</summary>
    InFlight,

    /// <summary>500: the container is no longer running.</summary>
    ContainerExited,

    /// <summary>500: another caller has paused the container.</summary>
    Paused,
}
