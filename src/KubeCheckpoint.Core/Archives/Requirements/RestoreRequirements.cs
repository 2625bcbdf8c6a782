namespace KubeCheckpoint.Archives.Requirements;

/// <summary>What an archive asks of the node it is to come back on. What the archive does not say is null or empty.</summary>
internal sealed record RestoreRequirements
{
    /// <summary>The archive.</summary>
    public required CheckpointArchive Archive { get; init; }

    /// <summary>The page size of the node it was dumped on, in bytes (AT_PAGESZ).</summary>
    public int? PageSize { get; init; }

    /// <summary>The processor's features as the processes saw them at their start (AT_HWCAP), all of them together.</summary>
    public ulong? HardwareCapabilities { get; init; }

    /// <summary>The same for AT_HWCAP2.</summary>
    public ulong? HardwareCapabilities2 { get; init; }

    /// <summary>AT_MINSIGSTKSZ, in bytes: it grows with the registers the processor has.</summary>
    public long? SignalStackSize { get; init; }

    /// <summary>The kinds of registers that hold something (x86: xstate_bv of all threads): these the processor must have.</summary>
    public ulong RegistersInUse { get; init; }

    /// <summary>The kinds of registers the processor had that it was dumped on (x86: xfeatures_mask of dump.log).</summary>
    public ulong? RegistersOfSource { get; init; }

    /// <summary>The kernel's release on the node it was dumped on (dump.log).</summary>
    public string? KernelRelease { get; init; }

    /// <summary>The version of the CRIU that wrote it (dump.log).</summary>
    public string? CriuVersion { get; init; }

    /// <summary>The version of CRIU's images: 2 is CRIU's 1.1, 3 is 1.2, with compressed pages.</summary>
    public int? ImageVersion { get; init; }

    /// <summary>Whose labels the processes had: 0 nobody's, 1 SELinux's, 2 AppArmor's.</summary>
    public int? SecurityModule { get; init; }

    /// <summary>The labels.</summary>
    public IReadOnlyList<string> SecurityLabels { get; init; } = [];

    /// <summary>1 where a controller of the first version had the processes, else 2.</summary>
    public int? CgroupVersion { get; init; }

    /// <summary>TCP sockets that are neither listening nor closed.</summary>
    public IReadOnlyList<CheckpointSocket> TcpConnections { get; init; } = [];

    /// <summary>True where CRIU was told to drop connections (tcp-close).</summary>
    public bool ClosesTcp { get; init; }

    /// <summary>How many sockets listen for TCP.</summary>
    public int ListeningSockets { get; init; }

    /// <summary>Sockets that listen, or wait for datagrams, at an address of the pod's own.</summary>
    public IReadOnlyList<CheckpointSocket> BoundSockets { get; init; } = [];

    /// <summary>Locks on files: who holds them and on what.</summary>
    public IReadOnlyList<string> FileLocks { get; init; } = [];

    /// <summary>Processes that were stopped (SIGSTOP): they come back stopped.</summary>
    public IReadOnlyList<string> StoppedProcesses { get; init; } = [];

    /// <summary>Files in /dev/shm that are open or mapped and have their names still.</summary>
    public IReadOnlyList<string> SharedMemoryFiles { get; init; } = [];

    /// <summary>True where the archive holds the content of /dev/shm.</summary>
    public bool HasSharedMemoryContent { get; init; }

    /// <summary>The mounts that the new container must have too, but for the file of the termination message, which every container has.</summary>
    public IReadOnlyList<NeededMount> Mounts { get; init; } = [];

    /// <summary>Files and folders in volumes that are open, mapped, or a working directory.</summary>
    public IReadOnlyList<VolumeFile> FilesInVolumes { get; init; } = [];

    /// <summary>Files that the kubelet writes for each pod anew, such as /etc/hosts, and that are open.</summary>
    public IReadOnlyList<string> PodFiles { get; init; } = [];

    /// <summary>True where the container had a terminal.</summary>
    public bool HasTerminal { get; init; }

    /// <summary>True where the container had no PID namespace but its node's (hostPID).</summary>
    public bool SharesNodeProcesses { get; init; }

    /// <summary>Devices of the node: those the runtime was told to give, and those that are open.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>How many seccomp filters there are.</summary>
    public int SeccompFilters { get; init; }

    /// <summary>The digests by which the container's image was known, <c>sha256:...</c>: of its manifest, and of the index that led to it.</summary>
    public IReadOnlyList<string> ImageDigests { get; init; } = [];
}
