namespace KubeCheckpoint;

/// <summary>How something differs between two checkpoints.</summary>
public enum CheckpointChange
{
    /// <summary>Only the second has it.</summary>
    Added,

    /// <summary>Both have it, and it differs.</summary>
    Changed,

    /// <summary>Only the first has it.</summary>
    Removed,
}
