using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Replacements;

namespace KubeCheckpoint.Archives.Requirements;

/// <summary>What a restore of an archive requires of the node. What the archive does not say is null or empty.</summary>
internal sealed record RestoreRequirements
{
    /// <summary>The summary of the archive.</summary>
    public required CheckpointArchive Archive { get; init; }

    /// <summary>What keeps the archive from being restored by itself: memory that is not in it; null where all is there.</summary>
    public KubeCheckpointException? Obstacle { get; init; }

    /// <summary>The page size of the source node, in bytes (AT_PAGESZ).</summary>
    public int? PageSize { get; init; }

    /// <summary>The processor's features when the processes started (AT_HWCAP), combined.</summary>
    public ulong? HardwareCapabilities { get; init; }

    /// <summary>The same for AT_HWCAP2.</summary>
    public ulong? HardwareCapabilities2 { get; init; }

    /// <summary>AT_MINSIGSTKSZ, in bytes: it grows with the registers the processor has.</summary>
    public long? SignalStackSize { get; init; }

    /// <summary>The kinds of registers in use (x86: xstate_bv of all threads), which the processor must have.</summary>
    public ulong RegistersInUse { get; init; }

    /// <summary>The kinds of registers of the source processor (x86: xfeatures_mask of dump.log).</summary>
    public ulong? RegistersOfSource { get; init; }

    /// <summary>The kernel release of the source node (dump.log).</summary>
    public string? KernelRelease { get; init; }

    /// <summary>The version of CRIU that wrote it (dump.log).</summary>
    public string? CriuVersion { get; init; }

    /// <summary>The version of CRIU's images: 2 stands for CRIU's 1.1, 3 for 1.2, with compressed pages.</summary>
    public int? ImageVersion { get; init; }

    /// <summary>The security module of the labels: 0 none, 1 SELinux, 2 AppArmor.</summary>
    public int? SecurityModule { get; init; }

    /// <summary>The labels.</summary>
    public IReadOnlyList<string> SecurityLabels { get; init; } = [];

    /// <summary>1 where the processes were in a cgroup v1 controller, otherwise 2.</summary>
    public int? CgroupVersion { get; init; }

    /// <summary>TCP sockets that are neither listening nor closed.</summary>
    public IReadOnlyList<CheckpointSocket> TcpConnections { get; init; } = [];

    /// <summary>True where CRIU was told to drop connections (tcp-close).</summary>
    public bool ClosesTcp { get; init; }

    /// <summary>How many sockets listen for TCP.</summary>
    public int ListeningSockets { get; init; }

    /// <summary>Sockets that listen, or receive datagrams, on the pod's own address.</summary>
    public IReadOnlyList<CheckpointSocket> BoundSockets { get; init; } = [];

    /// <summary>Locks on files: who holds them and on what.</summary>
    public IReadOnlyList<string> FileLocks { get; init; } = [];

    /// <summary>Processes that were stopped (SIGSTOP): they are restored stopped.</summary>
    public IReadOnlyList<string> StoppedProcesses { get; init; } = [];

    /// <summary>Files in /dev/shm that are open or mapped and not deleted.</summary>
    public IReadOnlyList<string> SharedMemoryFiles { get; init; } = [];

    /// <summary>True where the archive holds the content of /dev/shm.</summary>
    public bool HasSharedMemoryContent { get; init; }

    /// <summary>The mounts that the new container must have, except the termination message file, which every container has.</summary>
    public IReadOnlyList<NeededMount> Mounts { get; init; } = [];

    /// <summary>Files and folders in volumes that are open, mapped, or a working directory.</summary>
    public IReadOnlyList<VolumeFile> FilesInVolumes { get; init; } = [];

    /// <summary>
    /// The sizes of regular files in /dev/shm and in volumes by their paths: CRIU restores no file of another size. It records none for a file
    /// that is only appended to.
    /// </summary>
    public IReadOnlyDictionary<string, long> FileSizes { get; init; } = new Dictionary<string, long>();

    /// <summary>Open files that the kubelet writes for each pod, such as /etc/hosts.</summary>
    public IReadOnlyList<string> PodFiles { get; init; } = [];

    /// <summary>True where the container had a terminal.</summary>
    public bool HasTerminal { get; init; }

    /// <summary>True where the container shared the PID namespace of the node (hostPID).</summary>
    public bool SharesNodeProcesses { get; init; }

    /// <summary>Devices of the node: those in the container's spec, and those that are open.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>How many seccomp filters there are.</summary>
    public int SeccompFilters { get; init; }

    /// <summary>What CRIU dumped and does not restore.</summary>
    public IReadOnlyList<RestoreObstacle> Obstacles { get; init; } = [];

    /// <summary>True where processes have huge pages mapped.</summary>
    public bool UsesHugePages { get; init; }

    /// <summary>What the engine would delete although the container has it; null where there is nothing.</summary>
    public ReplacedFiles? ReplacedFiles { get; init; }

    /// <summary>The digests of the container's image, <c>sha256:...</c>: of its manifest, and of the index that refers to it.</summary>
    public IReadOnlyList<string> ImageDigests { get; init; } = [];
}
