namespace KubeCheckpoint;

/// <summary>An ELF core file of a process in a checkpoint archive.</summary>
public sealed record CheckpointCoreDump
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The process's id in its own pid namespace.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The process's name (comm).</summary>
    public required string ProcessName { get; init; }

    /// <summary>The core file's full path.</summary>
    public required string Path { get; init; }

    /// <summary>Its size in bytes. The file is sparse and takes less space on most disks.</summary>
    public required long Size { get; init; }

    /// <summary>The architecture by its OCI name: <c>amd64</c> or <c>arm64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>How many threads it has.</summary>
    public required int ThreadCount { get; init; }

    /// <summary>
    /// How many bytes of memory cannot be read from it, because they are neither in the archive nor in a mapped file: pages left in
    /// a parent checkpoint or on the node. 0 for a usual archive.
    /// </summary>
    public required long MissingBytes { get; init; }

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
