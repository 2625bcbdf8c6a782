namespace KubeCheckpoint.Sandbox;

/// <summary>What a kubelet of the sandbox makes of a checkpoint request.</summary>
public enum KubeletBehaviour
{
    /// <summary>Writes an archive and names it.</summary>
    Normal,

    /// <summary>404 <c>404 page not found</c>: the feature gate ContainerCheckpoint is off.</summary>
    GateOff,

    /// <summary>500: no criu binary on the node.</summary>
    CriuMissing,

    /// <summary>500 <c>checkpoint/restore support not available</c>: switched off in the runtime's configuration.</summary>
    CriuSupportOff,

    /// <summary>500 <c>unknown method CheckpointContainer</c>: the runtime is older than the call.</summary>
    RuntimeTooOld,

    /// <summary>500 <c>DeadlineExceeded</c>; CRI-O writes the archive all the same, a checkpoint delay later.</summary>
    DeadlineExceeded,

    /// <summary>500 with the runtime's words about an established TCP connection.</summary>
    EstablishedTcp,

    /// <summary>500: the runtime finds the container no longer running.</summary>
    ContainerExited,

    /// <summary>500: another caller has the container paused.</summary>
    Paused,
}
