namespace KubeCheckpoint;

/// <summary>What applying an object did.</summary>
public enum CheckpointAccessResult
{
    /// <summary>The object was already as it should be.</summary>
    Unchanged,

    /// <summary>The object existed and was changed.</summary>
    Changed,

    /// <summary>The object was created.</summary>
    Created,
}
