namespace KubeCheckpoint;

/// <summary>A descriptor of a checkpointed process and the file behind it.</summary>
/// <remarks>
/// Descriptors that share one open file description, by fork, dup or SCM_RIGHTS, have the same <see cref="FileId"/>, and with it
/// flags and position. Working directory, root, executable and mapped files are no descriptors.
/// </remarks>
public sealed record CheckpointOpenFile
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The process's id in its own pid namespace.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The process's name (comm).</summary>
    public required string ProcessName { get; init; }

    /// <summary>The number of the descriptor.</summary>
    public required int Descriptor { get; init; }

    /// <summary>The type of the file.</summary>
    public required OpenFileType Type { get; init; }

    /// <summary>
    /// What <c>ls -l /proc/PID/fd</c> shows: a path, with <c> (deleted)</c> where that holds, <c>pipe:[inode]</c>,
    /// <c>socket:[inode]</c>, <c>anon_inode:[eventpoll]</c>, <c>/memfd:name (deleted)</c>. Null where the archive does not say.
    /// The number of a namespace, <c>net:[10]</c>, is CRIU's, not the kernel's.
    /// </summary>
    public string? Target { get; init; }

    /// <summary>
    /// What else is known, as text: the addresses of a socket, the counter of an eventfd, the descriptors an epoll watches, how many
    /// bytes wait in a pipe. Null for nothing.
    /// </summary>
    public string? Detail { get; init; }

    /// <summary>The flags it was opened with, by their names in <c>open(2)</c>; <c>O_CLOEXEC</c> is the descriptor's own.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>Whether it can be read and written; null where neither (O_PATH) or where the archive does not say.</summary>
    public FileAccess? Access { get; init; }

    /// <summary>True where the descriptor is closed by <c>execve</c>.</summary>
    public bool CloseOnExec { get; init; }

    /// <summary>Where the next byte is read or written, in bytes; null for what has no position.</summary>
    public long? Position { get; init; }

    /// <summary>The file's size in bytes; null where the archive does not say.</summary>
    public long? Size { get; init; }

    /// <summary>Type and permissions as <c>ls -l</c> shows them, <c>-rw-r-----</c>; null where the archive does not say.</summary>
    public string? Mode { get; init; }

    /// <summary>True where the file had been deleted. Its content exists only in the archive.</summary>
    public bool Deleted { get; init; }

    /// <summary>The mount the file is on, <see cref="CheckpointMount.MountId"/>; null where the archive does not say.</summary>
    public long? MountId { get; init; }

    /// <summary>CRIU's number of the open file description.</summary>
    public required long FileId { get; init; }

    /// <summary>The locks on it that this process holds, or shares.</summary>
    public required IReadOnlyList<CheckpointFileLock> Locks { get; init; }

    /// <summary>Descriptor and target.</summary>
    public override string ToString() => TerminalText.Line(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Descriptor} -> {Target}"));
}
