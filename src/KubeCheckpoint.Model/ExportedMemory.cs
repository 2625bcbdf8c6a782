namespace KubeCheckpoint;

/// <summary>A range of process memory that was written to a file.</summary>
public sealed record ExportedMemory
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The process's id, as the container counts it.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The process's name (comm).</summary>
    public required string ProcessName { get; init; }

    /// <summary>The address of the first byte of the file.</summary>
    public required ulong Address { get; init; }

    /// <summary>How many bytes of memory the file has.</summary>
    public required long Length { get; init; }

    /// <summary>The file's full path.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// How many of them are not in the archive: unchanged pages of a mapped file, pages of a parent checkpoint, or addresses that are
    /// not mapped. The file has holes there, which read as zeros; memory that is known to be zeros does not count.
    /// </summary>
    public required long MissingBytes { get; init; }

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
