namespace KubeCheckpoint;

/// <summary>A process in a checkpoint. Values that its images do not hold are null.</summary>
/// <remarks>
/// Ids are those of the container, not the node's. Text is UTF-8; invalid bytes show as U+FFFD. It comes out of the
/// container and may hold control characters, which the view shows as <c>\u001b</c>.
/// </remarks>
public sealed record CheckpointProcess
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The process's id.</summary>
    public required int Id { get; init; }

    /// <summary>The id of its parent; 0 for the first process of the container.</summary>
    public required int ParentId { get; init; }

    /// <summary>The id of its process group.</summary>
    public required int ProcessGroupId { get; init; }

    /// <summary>The id of its session.</summary>
    public required int SessionId { get; init; }

    /// <summary>Its name (comm): at most 15 bytes, the program's file name unless the process changed it.</summary>
    public required string Name { get; init; }

    /// <summary>What it was doing.</summary>
    public required CheckpointProcessState State { get; init; }

    /// <summary>The code a zombie ended with; null where it runs or was killed.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The number of the signal that killed a zombie, or null.</summary>
    public int? ExitSignal { get; init; }

    /// <summary>The number of the signal that stopped it, or null.</summary>
    public int? StopSignal { get; init; }

    /// <summary>
    /// Its arguments joined by spaces, or what it wrote over them (setproctitle), trimmed. Empty where a process has none, such
    /// as a zombie; null where the archive does not hold them.
    /// </summary>
    public string? CommandLine { get; init; }

    /// <summary>
    /// Its arguments, the program's name first. Where the process overwrote them, what is left: a title is one item. Empty
    /// or null as <see cref="CommandLine"/> is.
    /// </summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>
    /// Whether it overwrote its arguments, as nginx, redis and sshd do to show what they are doing: there are no longer as many as
    /// at its start, or run on into its environment.
    /// </summary>
    public bool IsCommandLineOverwritten { get; init; }

    /// <summary>
    /// False where arguments are missing, because their pages are in the checkpoint's parent, were left on the node (lazy) or are
    /// not in the archive, or because they are longer than 6 MiB; then <see cref="Arguments"/> has what comes before the gap.
    /// </summary>
    public bool IsCommandLineComplete { get; init; } = true;

    /// <summary>
    /// Its environment as it was at its start, in that order: what the process changed since is elsewhere in its memory. Null
    /// where it was not asked for, or is not in the archive. Of two entries of a name the first counts, as in getenv(3); what
    /// is no <c>NAME=value</c> is left out. Empty where the process wrote over it.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>False where the environment was asked for and is missing or cut, for the reasons of <see cref="IsCommandLineComplete"/>.</summary>
    public bool IsEnvironmentComplete { get; init; } = true;

    /// <summary>The program's file, or null.</summary>
    public string? Path { get; init; }

    /// <summary>Whether the program's file was deleted, or replaced by another, while it ran.</summary>
    public bool IsPathDeleted { get; init; }

    /// <summary>The working directory, or null.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The root directory, as seen from the container's root, or null.</summary>
    public string? Root { get; init; }

    /// <summary>Its threads, the main thread first.</summary>
    public required IReadOnlyList<CheckpointThread> Threads { get; init; }

    /// <summary>The real user id.</summary>
    public uint? UserId { get; init; }

    /// <summary>The real group id.</summary>
    public uint? GroupId { get; init; }

    /// <summary>The effective user id.</summary>
    public uint? EffectiveUserId { get; init; }

    /// <summary>The effective group id.</summary>
    public uint? EffectiveGroupId { get; init; }

    /// <summary>The saved user id.</summary>
    public uint? SavedUserId { get; init; }

    /// <summary>The saved group id.</summary>
    public uint? SavedGroupId { get; init; }

    /// <summary>The user id for file access.</summary>
    public uint? FileSystemUserId { get; init; }

    /// <summary>The group id for file access.</summary>
    public uint? FileSystemGroupId { get; init; }

    /// <summary>The supplementary groups, ascending as the kernel keeps them.</summary>
    public IReadOnlyList<uint>? Groups { get; init; }

    /// <summary>The capabilities of its main thread.</summary>
    public CheckpointCapabilities? Capabilities { get; init; }

    /// <summary>Whether execve can no longer give it privileges (prctl(2), PR_SET_NO_NEW_PRIVS).</summary>
    public bool? NoNewPrivileges { get; init; }

    /// <summary>How seccomp confines its main thread.</summary>
    public SeccompMode? SeccompMode { get; init; }

    /// <summary>Its SELinux context or AppArmor profile, or null where the node has neither.</summary>
    public string? LsmLabel { get; init; }

    /// <summary>The permission bits that new files do not get, in octal as <c>umask</c> prints them: <c>027</c>.</summary>
    public string? Umask { get; init; }

    /// <summary>The nice value of its main thread: -20 to 19.</summary>
    public int? Nice { get; init; }

    /// <summary>How readily the kernel kills it when memory runs out (oom_score_adj): -1000 to 1000.</summary>
    public int? OomScoreAdjustment { get; init; }

    /// <summary>
    /// The pages of its own that the archive holds, in bytes: private memory that was written to. Pages of files that nobody
    /// wrote to are in no archive, so it is less than what ps calls RSS. 0 for a zombie.
    /// </summary>
    public long MemorySize { get; init; }

    /// <summary>
    /// The pages of shared memory it maps that the archive holds, in bytes: anonymous shared maps, System V segments, memfds.
    /// They count for every process that maps them, though they are in the archive once.
    /// </summary>
    public long SharedMemorySize { get; init; }

    /// <summary>Its depth in the tree of the processes shown; 0 without <c>-Tree</c>.</summary>
    public int Depth { get; init; }

    /// <summary>What the view draws before its name to show its parent; empty without <c>-Tree</c>.</summary>
    public string TreePrefix { get; init; } = "";

    /// <summary>The id and the name.</summary>
    public override string ToString() => TerminalText.Line($"{Id} {Name}");
}
