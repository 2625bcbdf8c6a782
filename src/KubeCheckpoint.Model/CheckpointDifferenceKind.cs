namespace KubeCheckpoint;

/// <summary>What of two checkpoints is compared.</summary>
public enum CheckpointDifferenceKind
{
    /// <summary>A process that was added or removed, or one of its properties.</summary>
    Process,

    /// <summary>The command line of a process.</summary>
    CommandLine,

    /// <summary>An environment variable of a process.</summary>
    Environment,

    /// <summary>A descriptor of a process.</summary>
    OpenFile,

    /// <summary>A socket of a process.</summary>
    Socket,

    /// <summary>A mount.</summary>
    Mount,

    /// <summary>A map of a process's address space.</summary>
    MemoryMap,

    /// <summary>The pages of a map.</summary>
    Memory,

    /// <summary>A file that the container changed or deleted.</summary>
    FileChange,
}
