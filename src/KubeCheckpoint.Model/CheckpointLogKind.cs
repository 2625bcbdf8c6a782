namespace KubeCheckpoint;

/// <summary>Which log of a checkpoint archive.</summary>
public enum CheckpointLogKind
{
    /// <summary>What the container wrote to its standard output and standard error, as kept by the runtime.</summary>
    Container,

    /// <summary>What CRIU wrote while it dumped the processes: <c>dump.log</c>, which CRI-O and containerd put into the archive.</summary>
    Dump,
}
