namespace KubeCheckpoint;

/// <summary>What a process was doing when it was checkpointed (CRIU, compel/include/uapi/task-state.h).</summary>
public enum CheckpointProcessState
{
    /// <summary>The archive does not say.</summary>
    Unknown,

    /// <summary>Running or waiting.</summary>
    Alive,

    /// <summary>Ended, and its parent has not asked how. CRIU calls it dead.</summary>
    Zombie,

    /// <summary>Stopped by a signal.</summary>
    Stopped,
}
