namespace KubeCheckpoint;

/// <summary>The state the kubelet reports for a container. Only a running one can be checkpointed.</summary>
public enum ContainerState
{
    /// <summary>No status has been reported yet.</summary>
    Unknown,

    /// <summary>Not started: its image is being pulled, an init container still runs, or it backs off.</summary>
    Waiting,

    /// <summary>Running.</summary>
    Running,

    /// <summary>Ended.</summary>
    Terminated,
}
