namespace KubeCheckpoint;

/// <summary>A container runtime that writes and restores checkpoints.</summary>
public enum CheckpointEngine
{
    /// <summary>CRI-O.</summary>
    /// <remarks><c>io.container.manager</c> in spec.dump is <c>cri-o</c>.</remarks>
    CriO,

    /// <summary>containerd.</summary>
    /// <remarks>spec.dump has no <c>io.container.manager</c>.</remarks>
    Containerd,

    /// <summary>Podman.</summary>
    /// <remarks><c>io.container.manager</c> in spec.dump is <c>libpod</c>.</remarks>
    Podman,
}
