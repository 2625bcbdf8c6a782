namespace KubeCheckpoint;

/// <summary>Which log of a checkpoint archive.</summary>
public enum CheckpointLogKind
{
    /// <summary>What the container wrote to standard output and standard error.</summary>
    Container,

    /// <summary>CRIU's log of the checkpoint, <c>dump.log</c>.</summary>
    Dump,
}
