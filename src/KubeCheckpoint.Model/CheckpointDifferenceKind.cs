namespace KubeCheckpoint;

/// <summary>What is compared between two checkpoints.</summary>
public enum CheckpointDifferenceKind
{
    /// <summary>A process: whether it exists, or one of its properties.</summary>
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

    /// <summary>A file that the container wrote or deleted.</summary>
    FileChange,
}
