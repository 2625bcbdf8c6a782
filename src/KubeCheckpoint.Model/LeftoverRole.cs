namespace KubeCheckpoint;

/// <summary>What something that a cmdlet created for itself is for.</summary>
public enum LeftoverRole
{
    /// <summary>A role of another version of the module.</summary>
    Other,

    /// <summary>Copies archives from a node.</summary>
    Transfer,

    /// <summary>Inspects a node.</summary>
    Inspection,

    /// <summary>Changes the configuration of a node: Initialize-CheckpointNode.</summary>
    Configuration,

    /// <summary>Pulls the images that a pod is to be restored with.</summary>
    ImagePull,

    /// <summary>Proves that a node can checkpoint and restore: Test-CheckpointSupport -Deep.</summary>
    Proof,

    /// <summary>The copy of a pod, and its namespace: Test-PodRestore.</summary>
    Rehearsal,

    /// <summary>A pod that is to replace another one: Move-Pod.</summary>
    Move,

    /// <summary>Holds a pod still while it is moved: Move-Pod. It releases the pod by itself.</summary>
    Freeze,

    /// <summary>Removes the copy of a pod if Move-Pod dies before the copy has replaced the original. It ends by itself.</summary>
    Lease,

    /// <summary>The archive of a checkpoint that only passes through: Move-Pod, Test-PodRestore, Test-CheckpointSupport -Deep.</summary>
    PassingArchive,

    /// <summary>Holds data for the time of a command.</summary>
    TemporaryFile,
}
