namespace KubeCheckpoint;

/// <summary>What became of an object that was to be applied.</summary>
public enum CheckpointAccessResult
{
    /// <summary>It was as it must be.</summary>
    Unchanged,

    /// <summary>It was there and was changed.</summary>
    Changed,

    /// <summary>It was made.</summary>
    Created,
}
