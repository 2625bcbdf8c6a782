namespace KubeCheckpoint.Sandbox;

/// <summary>How the program in a container ended.</summary>
public enum SandboxWriterEnd
{
    /// <summary>It runs, or is held.</summary>
    None,

    /// <summary>It was killed, by a helper pod or by the kubelet.</summary>
    Killed,

    /// <summary>Its pod is gone.</summary>
    Deleted,
}
