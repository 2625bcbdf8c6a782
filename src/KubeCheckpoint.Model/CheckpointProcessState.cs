namespace KubeCheckpoint;

/// <summary>What a process was doing when it was checkpointed (CRIU, compel/include/uapi/task-state.h).</summary>
public enum CheckpointProcessState
{
    /// <summary>The archive does not say.</summary>
    Unknown,

    /// <summary>Running or waiting.</summary>
    Alive,

    /// <summary>A zombie: it has ended and its parent has not collected its status. CRIU calls it dead.</summary>
    Zombie,

    /// <summary>Stopped by a signal.</summary>
    Stopped,
}
