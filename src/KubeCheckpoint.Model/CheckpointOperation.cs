namespace KubeCheckpoint;

/// <summary>The operation CRIU's statistics are about.</summary>
public enum CheckpointOperation
{
    /// <summary>A checkpoint (stats-dump).</summary>
    Dump,

    /// <summary>A restore (stats-restore).</summary>
    Restore,
}
