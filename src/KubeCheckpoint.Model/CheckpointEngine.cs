namespace KubeCheckpoint;

/// <summary>Which container engine wrote a checkpoint archive.</summary>
public enum CheckpointEngine
{
    /// <summary>CRI-O: <c>io.container.manager</c> in spec.dump is <c>cri-o</c>.</summary>
    CriO,

    /// <summary>containerd's CRI plugin: no <c>io.container.manager</c>.</summary>
    Containerd,

    /// <summary>Podman: <c>io.container.manager</c> in spec.dump is <c>libpod</c>.</summary>
    Podman,
}
