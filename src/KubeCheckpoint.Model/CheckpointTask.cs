namespace KubeCheckpoint;

/// <summary>What somebody wants to do with checkpoints, and needs rights for.</summary>
public enum CheckpointTask
{
    /// <summary>Find pods and checkpoint their containers: Get-Pod, Invoke-ContainerCheckpoint.</summary>
    Checkpoint,

    /// <summary>Bring archives off their nodes: Save-CheckpointArchive.</summary>
    Save,

    /// <summary>Make pods from checkpoints: Restore-Pod.</summary>
    Restore,

    /// <summary>Look at pods, nodes, namespaces and events, and nothing else: Get-Pod, completion.</summary>
    Inspect,

    /// <summary>Ask beforehand: Test-CheckpointSupport, Test-CheckpointArchive -NodeName.</summary>
    Support,

    /// <summary>Move pods to other nodes: Move-Pod. Takes <see cref="Checkpoint"/>, <see cref="Save"/> and <see cref="Restore"/> along.</summary>
    Move,

    /// <summary>Rehearse restores: Test-PodRestore. Takes <see cref="Checkpoint"/> and <see cref="Save"/> along.</summary>
    Rehearse,
}
