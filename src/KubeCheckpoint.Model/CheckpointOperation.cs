namespace KubeCheckpoint;

/// <summary>What CRIU did when it took a statistic.</summary>
public enum CheckpointOperation
{
    /// <summary>It checkpointed processes (stats-dump).</summary>
    Dump,

    /// <summary>It restored them (stats-restore).</summary>
    Restore,
}
