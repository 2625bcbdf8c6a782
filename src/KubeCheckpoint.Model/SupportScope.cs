namespace KubeCheckpoint;

/// <summary>What a check of a preflight affects.</summary>
[Flags]
public enum SupportScope
{
    /// <summary>Nothing in particular.</summary>
    None = 0,

    /// <summary>Taking checkpoints on the node.</summary>
    Checkpoint = 1,

    /// <summary>Downloading archives from the node.</summary>
    Save = 2,

    /// <summary>Restoring containers on the node.</summary>
    Restore = 4,
}
