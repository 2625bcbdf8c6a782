namespace KubeCheckpoint;

/// <summary>What a node can be configured for.</summary>
public enum NodeFeature
{
    /// <summary>CRIU's options in the file of the OCI runtime, such as tcp-established. CRIU reads it at each checkpoint and restore.</summary>
    CriuOptions,

    /// <summary>Checkpoints, where the runtime has them off.</summary>
    Checkpoint,

    /// <summary>Restores from an image, where the runtime has them off.</summary>
    Restore,
}
