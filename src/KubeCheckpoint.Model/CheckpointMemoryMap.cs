namespace KubeCheckpoint;

/// <summary>A memory map of a process, as in /proc/PID/maps, and how much of it the archive holds.</summary>
public sealed record CheckpointMemoryMap
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The process's id, as the container counts it.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The process's name.</summary>
    public required string ProcessName { get; init; }

    /// <summary>The address of its first byte.</summary>
    public required ulong Start { get; init; }

    /// <summary>The address after its last byte.</summary>
    public required ulong End { get; init; }

    /// <summary>Its size in bytes.</summary>
    public long Size => (long)(End - Start);

    /// <summary>Its permissions, as <c>/proc/PID/maps</c> writes them: <c>r-xp</c>; the last letter is s for a shared map.</summary>
    public required string Permissions { get; init; }

    /// <summary>What is mapped.</summary>
    public required MemoryMapKind Kind { get; init; }

    /// <summary>
    /// The file, <c>/memfd:NAME</c>, <c>/SYSV00000000</c> with the key of the segment, <c>/dev/zero</c> for anonymous shared memory, or
    /// <c>[anon]</c>, <c>[heap]</c>, <c>[stack]</c>, <c>[vdso]</c> and the like; null for a file the archive does not name.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>Where in the file or segment it begins, in bytes.</summary>
    public long FileOffset { get; init; }

    /// <summary>Whether the file was deleted or replaced while it was mapped. False for a memfd, which has no name.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>
    /// Whether code can run in it that comes from no file that is there: what injected or generated code looks like. The kernel's
    /// own vdso and vsyscall do not count.
    /// </summary>
    public bool IsAnonymousExecutable { get; init; }

    /// <summary>
    /// The pages of it that the archive holds, in bytes. Pages of files that nobody wrote to, and memory nobody touched, are in no
    /// archive.
    /// </summary>
    public long StoredSize { get; init; }

    /// <summary>The part of <see cref="StoredSize"/> that is shared memory. It counts for every process that maps it.</summary>
    public long SharedStoredSize { get; init; }

    /// <summary>The pages of it that exist, and are in the parent checkpoint or still on the node (lazy), in bytes.</summary>
    public long MissingSize { get; init; }

    /// <summary>The pages in it whose access faults (madvise(2), MADV_GUARD_INSTALL), such as below stacks of threads, in bytes.</summary>
    public long GuardSize { get; init; }

    /// <summary>Whether it grows downwards on demand, as the main thread's stack does.</summary>
    public bool GrowsDown { get; init; }

    /// <summary>What the process advised the kernel (madvise(2)), such as <c>MADV_DONTDUMP</c>; empty for none.</summary>
    public IReadOnlyList<string> Advice { get; init; } = [];

    /// <summary>As a line of <c>/proc/PID/maps</c> begins: addresses, permissions and path.</summary>
    public override string ToString() => TerminalText.Line($"{Start:x8}-{End:x8} {Permissions} {Path}");
}
