namespace KubeCheckpoint.Sandbox;

/// <summary>The container runtime that a node of the sandbox pretends to run.</summary>
public enum SandboxRuntime
{
    /// <summary>CRI-O: its archives, its restore rule, its words.</summary>
    CriO,

    /// <summary>containerd: its archives, its restore rule, its words.</summary>
    Containerd,
}
