using System.Globalization;
using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Criu.Logs;

namespace KubeCheckpoint.Cluster.Preflight.Containers;

/// <summary>All rules for running containers.</summary>
internal static class ContainerRules
{
    private const SupportScope Dump = SupportScope.Checkpoint;
    private const SupportScope Restore = SupportScope.Restore;
    private const string Deleted = " (deleted)";
    private const string SharedMemory = "/dev/shm/";

    /// <summary>A part of the paths of such files: the kubelet keeps them in a folder that is named after the time.</summary>
    private const string WrittenAtOnce = "/..20";

    private const int Listening = 10;

    /// <summary>CRIU's limit for deleted files (criu/include/fs-magic.h and cr_options.h, DEFAULT_GHOST_LIMIT).</summary>
    private const long GhostLimit = 1 << 20;

    /// <summary>TCP states in which a socket is connected: all but TIME_WAIT (6), CLOSE (7), LISTEN (10) and those without a process.</summary>
    private static readonly int[] Connected = [1, 2, 4, 5, 8, 9, 11];

    /// <summary>Kernel objects that CRIU dumps (criu/files.c, dump_one_file).</summary>
    private static readonly string[] Dumpable = ["[eventfd]", "[eventpoll]", "inotify", "[fanotify]", "[signalfd]", "[timerfd]", "[pidfd]"];

    private static readonly string[] Gpus = ["/dev/nvidia", "/dev/dri/", "/dev/kfd"];

    public static IReadOnlyList<ContainerRule<ContainerFacts>> All { get; } =
    [
        new("TcpConnections", Dump, "established TCP connections",
            "Initialize-CheckpointNode -CriuOption tcp-established, tcp-close, or close them before the checkpoint.",
            "criu/sk-inet.c, can_dump_inet_sk; tried", facts => Sockets(facts, socket => Connected.Contains(socket.State)))
        { Option = "tcp-established" },
        new("ConnectionsInFlight", Dump, "TCP connections that the process has not accepted yet",
            "Usually none: the checkpoint is tried again. Initialize-CheckpointNode -CriuOption skip-in-flight for a program that does not accept them.",
            "criu/sk-inet.c, can_dump_inet_sk; tried", facts => Sockets(facts, socket => socket.State == Listening && socket.Backlog > 0))
        { Option = "skip-in-flight", IsWarning = true },
        new("FileWatches", Dump, "inotify or fanotify watches on files of the image (overlayfs)",
            FileDiagnoses.NoWatches,
            "criu/fsnotify.c, check_open_handle; tried", facts => Descriptors(facts, descriptor => WatchesOverlay(descriptor, facts))),
        new("IoUring", Dump, "io_uring",
            FileDiagnoses.NoIoUring,
            "criu/proc_parse.c, handle_vma and criu/pie/parasite.c, drain_fds; tried",
            facts => Descriptors(facts, descriptor => descriptor.Target == "anon_inode:[io_uring]")),
        new("KernelObjects", Dump, "kernel objects that CRIU cannot dump",
            "Have the program close them before the checkpoint: userfaultfd, performance counters, BPF and KVM have no support.",
            "criu/files-ext.c, dump_unsupp_fd; tried", facts => Descriptors(facts, IsUnsupportedObject)),
        new("Gpus", Dump, "GPUs",
            "Install the CRIU plugin for the GPU on the node (cuda_plugin with driver 555 or newer, amdgpu_plugin), or release it before the checkpoint.",
            "criu/files-ext.c, dump_unsupp_fd; plugins/", facts => Descriptors(facts, IsGpu))
        { IsWarning = true },
        new("Devices", Dump, "devices",
            "Have the program close the device before the checkpoint.",
            "criu/files.c, dump_chrdev; tried", facts => Descriptors(facts, descriptor => IsDevice(descriptor) && !IsGpu(descriptor))),
        new("FileLocks", Dump, "file locks",
            "Initialize-CheckpointNode -CriuOption file-locks, or have the program release them before the checkpoint.",
            "criu/file-lock.c, collect_one_file_lock; CRI-O, internal/oci/runtime_oci.go; tried",
            facts => Descriptors(facts, descriptor => descriptor.Info.Any(line => line.StartsWith("lock:", StringComparison.Ordinal))))
        { Option = "file-locks", IsSetByCriO = true },
        new("DeletedFiles", Dump, "deleted files of more than 1 MiB",
            "Initialize-CheckpointNode -CriuOption 'ghost-limit 1G', or as much as they need.",
            "criu/files-reg.c, dump_ghost_file; tried", facts => Descriptors(facts, IsLargeDeleted).Concat(Mappings(facts)))
        { Option = "ghost-limit" },
        new("RenamedFiles", Dump, "open files whose name was deleted while they have other names",
            "Initialize-CheckpointNode -CriuOption link-remap.",
            "criu/files-reg.c, create_link_remap; tried", facts => Descriptors(facts, descriptor => IsDeletedFile(descriptor) && descriptor.Links > 0))
        { Option = "link-remap" },
        new("StoppedProcesses", Dump, "stopped processes, on which CRIU hangs",
            "Continue them before the checkpoint (kill -CONT).",
            "criu/seize.c; seen on containerd and CRI-O", facts => Processes(facts, process => process.State == 'T')),
        new("TracedProcesses", Dump, "traced processes",
            CriuAdvice.OutsideTracer,
            "compel/src/lib/infect.c, compel_wait_task; tried", facts => Processes(facts, process => process.TracerId != 0 || process.State == 't')),
        new("NestedNamespaces", Dump, "processes in process id or user namespaces of their own",
            "Run the program without its sandbox (Chromium: --no-sandbox).",
            "criu/namespaces.c, dump_task_ns_ids", Nested),
        new("MemoryExecutables", Restore, "programs that run from memory (memfd)",
            "Start the program from a file.",
            "criu/files-reg.c, collect_filemap: No entry for reg-file-ID; tried",
            facts => Processes(facts, process => process.Executable?.StartsWith("/memfd:", StringComparison.Ordinal) == true)),
        new("SharedMemory", Restore, "open files in /dev/shm, which a checkpoint does not contain",
            "Save-CheckpointArchive -IncludeVolumes keeps them, and Restore-Pod puts them back.",
            "criu/files-reg.c, open_path; tried",
            facts => Descriptors(facts, descriptor => IsSharedMemory(descriptor.Target))
                .Concat(facts.Processes.SelectMany(process => process.Mappings
                    .Where(map => IsSharedMemory(map.Path))
                    .Select(map => Place(process, map.Path))))
                .Distinct(StringComparer.Ordinal))
        { IsWarning = true },
        new("FilesInVolumes", Restore, "open files in configMap, secret or projected volumes, which have another path in the new pod",
            PodAdvice.CloseFiles,
            "kubelet, pkg/volume/util/atomic_writer.go; tried",
            facts => Descriptors(facts, descriptor => descriptor.Type == '-' && descriptor.Target.Contains(WrittenAtOnce, StringComparison.Ordinal))),
        new("PodFiles", Restore, "open files that the kubelet writes for each pod, and that must keep their size",
            $"{PodAdvice.CloseFiles} Else the name and address of the new pod must be as long as those of the old one.",
            "criu/files-reg.c, validate_file; tried",
            facts => Descriptors(facts, descriptor => RestoreRequirementsReader.PodFiles.Contains(descriptor.Target)))
        { IsWarning = true },
        new("Terminals", Restore, "terminals, which CRI-O does not give to restored containers",
            "Run the container without a terminal (tty: false), or restore it on a node with containerd.",
            "criu/tty.c; seen on CRI-O",
            facts => Descriptors(facts, IsTerminal))
        { IsWarning = true },
    ];

    private static IEnumerable<string> Sockets(ContainerFacts facts, Func<TcpSocket, bool> isOne)
    {
        var wanted = facts.Sockets.Where(isOne).DistinctBy(socket => socket.Inode).ToDictionary(socket => $"socket:[{socket.Inode}]", StringComparer.Ordinal);
        return facts.Processes.SelectMany(process => (process.Descriptors ?? [])
            .Where(descriptor => wanted.ContainsKey(descriptor.Target))
            .Select(descriptor => Place(process, $"descriptor {descriptor.Number}", wanted[descriptor.Target].Local)));
    }

    private static IEnumerable<string> Descriptors(ContainerFacts facts, Func<ContainerDescriptor, bool> isOne) =>
        facts.Processes.SelectMany(process => (process.Descriptors ?? [])
            .Where(isOne)
            .Select(descriptor => Place(process, $"descriptor {descriptor.Number}", descriptor.Target)));

    private static IEnumerable<string> Processes(ContainerFacts facts, Func<ContainerProcess, bool> isOne) =>
        facts.Processes.Where(isOne).Select(process => Place(process));

    /// <summary>Deleted files that are mapped and not open, and programs that were replaced while they run.</summary>
    private static IEnumerable<string> Mappings(ContainerFacts facts) => facts.Processes.SelectMany(process => process.Mappings
        .Where(map => map.End > GhostLimit && IsDeletedPath(map.Path) && process.Descriptors?.Any(open => open.Target == map.Path) != true)
        .Select(map => map.Path)
        .Distinct(StringComparer.Ordinal)
        .Select(path => Place(process, path)));

    private static IEnumerable<string> Nested(ContainerFacts facts)
    {
        var own = facts.Processes.Select(process => process.Namespaces).FirstOrDefault(names => names.Count > 0);
        return own is null ? [] : Processes(facts, process => process.Namespaces.Count > 0 && process.Namespaces.Except(own).Any());
    }

    private static bool WatchesOverlay(ContainerDescriptor descriptor, ContainerFacts facts) => descriptor.Info.Any(line =>
        DeviceOf(line) is { } device && facts.FileSystems.TryGetValue(device, out var type) && type.Contains("overlay", StringComparison.Ordinal));

    /// <summary>The device of a watch, <c>sdev:fe00000</c> in fdinfo: 12 bits and 20 bits.</summary>
    private static string? DeviceOf(string line)
    {
        var text = line.Split(' ').FirstOrDefault(word => word.StartsWith("sdev:", StringComparison.Ordinal))?["sdev:".Length..];
        return uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var device)
            ? string.Create(CultureInfo.InvariantCulture, $"{device >> 20}:{device & 0xfffff}")
            : null;
    }

    private static bool IsUnsupportedObject(ContainerDescriptor descriptor) =>
        descriptor.Target.StartsWith("anon_inode:", StringComparison.Ordinal)
        && descriptor.Target != "anon_inode:[io_uring]"
        && !Dumpable.Contains(descriptor.Target["anon_inode:".Length..]);

    private static bool IsGpu(ContainerDescriptor descriptor) =>
        descriptor.Device is not null && Gpus.Any(path => descriptor.Target.StartsWith(path, StringComparison.Ordinal));

    /// <summary>CRIU dumps memory devices (1), terminals (2 to 5 and 128 to 143) and TUN (10:200).</summary>
    private static bool IsDevice(ContainerDescriptor descriptor) =>
        descriptor is { Type: 'b' } || (descriptor is { Type: 'c', Device: var (major, minor) }
            && major is not (>= 1 and <= 5) and not (>= 128 and <= 143) && (major, minor) != (10, 200));

    private static bool IsLargeDeleted(ContainerDescriptor descriptor) =>
        IsDeletedFile(descriptor) && descriptor.Links == 0 && descriptor.Size > GhostLimit;

    private static bool IsDeletedFile(ContainerDescriptor descriptor) => descriptor.Type == '-' && IsDeletedPath(descriptor.Target);

    /// <summary>Not memory that only looks like a file: memfd, shared anonymous memory and System V segments.</summary>
    private static bool IsDeletedPath(string path) => path.EndsWith(Deleted, StringComparison.Ordinal)
        && !path.StartsWith("/memfd:", StringComparison.Ordinal)
        && !path.StartsWith("/dev/zero", StringComparison.Ordinal)
        && !path.StartsWith("/SYSV", StringComparison.Ordinal);

    private static bool IsTerminal(ContainerDescriptor descriptor) =>
        descriptor.Target.StartsWith("/dev/pts/", StringComparison.Ordinal) || descriptor.Target == "/dev/console";

    private static bool IsSharedMemory(string path) =>
        path.StartsWith(SharedMemory, StringComparison.Ordinal) && !path.EndsWith(Deleted, StringComparison.Ordinal);

    private static string Place(ContainerProcess process, string? part = null, string? what = null) =>
        $"process {process.Id} ({TerminalText.Excerpt(process.Name)}){(part is null ? "" : $", {TerminalText.Excerpt(part)}")}" +
        (what is null ? "" : $" ({TerminalText.Excerpt(what)})");
}
