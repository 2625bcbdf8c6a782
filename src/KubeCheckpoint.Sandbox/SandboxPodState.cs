namespace KubeCheckpoint.Sandbox;

/// <summary>The state in which a pod is put into the sandbox.</summary>
public enum SandboxPodState
{
    /// <summary>Running and Ready.</summary>
    Running,

    /// <summary>Ended with exit code 0.</summary>
    Succeeded,

    /// <summary>Its container ends again and again.</summary>
    CrashLoopBackOff,

    /// <summary>Not scheduled to a node.</summary>
    Pending,

    /// <summary>Its image cannot be pulled.</summary>
    ImagePullBackOff,
}
