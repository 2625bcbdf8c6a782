namespace KubeCheckpoint.Sandbox;

/// <summary>The state in which a pod is added to the sandbox.</summary>
public enum SandboxPodState
{
    /// <summary>Running and Ready.</summary>
    Running,

    /// <summary>Ended with exit code 0.</summary>
    Succeeded,

    /// <summary>Its container keeps crashing.</summary>
    CrashLoopBackOff,

    /// <summary>Not scheduled to a node.</summary>
    Pending,

    /// <summary>Its image cannot be pulled.</summary>
    ImagePullBackOff,
}
