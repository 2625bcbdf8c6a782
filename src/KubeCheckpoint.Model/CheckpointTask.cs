namespace KubeCheckpoint;

/// <summary>A task that needs rights.</summary>
public enum CheckpointTask
{
    /// <summary>Find pods and checkpoint their containers: Get-Pod, Invoke-ContainerCheckpoint.</summary>
    Checkpoint,

    /// <summary>Download archives from their nodes: Save-CheckpointArchive.</summary>
    Save,

    /// <summary>Create pods from checkpoints: Restore-Pod.</summary>
    Restore,

    /// <summary>View pods, nodes, namespaces and events: Get-Pod, completion.</summary>
    Inspect,

    /// <summary>Check in advance: Test-CheckpointSupport, Test-CheckpointArchive -NodeName.</summary>
    Support,

    /// <summary>Configure nodes through privileged pods: Initialize-CheckpointNode.</summary>
    Initialize,

    /// <summary>Move pods to other nodes: Move-Pod. Includes <see cref="Checkpoint"/>, <see cref="Save"/> and <see cref="Restore"/>.</summary>
    Move,

    /// <summary>Rehearse restores: Test-PodRestore. Includes <see cref="Checkpoint"/> and <see cref="Save"/>.</summary>
    Rehearse,
}
