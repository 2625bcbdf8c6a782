namespace KubeCheckpoint.Sandbox;

/// <summary>The container runtime that a node of the sandbox emulates.</summary>
public enum SandboxRuntime
{
    /// <summary>CRI-O: its archives, restore rules and messages.</summary>
    CriO,

    /// <summary>containerd: its archives, restore rules and messages.</summary>
    Containerd,
}
