using System.Net;
using System.Net.Sockets;
using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.OpenFiles;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Sockets;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Requirements;

/// <summary>Reads what a restore of an archive requires of the node.</summary>
internal static class RestoreRequirementsReader
{
    private const string SharedMemoryFolder = "/dev/shm/";

    // MAP_HUGETLB (Linux, include/uapi/asm-generic/mman-common.h).
    private const uint HugePages = 0x40000;

    /// <summary>The files that the kubelet writes for each pod.</summary>
    public static IReadOnlyList<string> PodFiles { get; } = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

    /// <summary>Reads metadata only, and no memory except the auxiliary vectors, which CRIU stores separately.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">Whatever reading a <see cref="CheckpointArchive"/> throws; CriuImageDamaged.</exception>
    public static async Task<RestoreRequirements> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var archive = await CheckpointArchiveReader.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => Read(archive, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private static RestoreRequirements Read(CheckpointArchive archive, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(archive.Path, cancellationToken);
        var images = new CheckpointImages(content);
        var spec = SpecRequirements.Read(content);
        var mounts = archive.Needs?.Mounts.Where(mount => mount.Origin != MountOrigin.TerminationMessage).ToList() ?? [];
        var obstacle = RestorableImages.FindObstacle(images, cancellationToken);
        var requirements = new RestoreRequirements { Archive = archive, Mounts = mounts, Obstacle = obstacle };
        requirements = OfTasks(requirements, images, cancellationToken);
        requirements = OfInventory(requirements, images, DumpLogHead.Read(content));
        requirements = OfFiles(requirements, images, spec, cancellationToken);
        return OfSockets(requirements, images, cancellationToken) with
        {
            CgroupVersion = CgroupVersionOf(images.ReadFirst<CgroupEntry>("cgroup.img", CriuImageType.ByName["CGROUP"])),
            SeccompFilters = images.ReadFirst<SeccompEntry>("seccomp.img", CriuImageType.ByName["SECCOMP"])?.SeccompFilters.Count ?? 0,
            Obstacles = obstacle is null ? RestoreObstacles.Find(images, cancellationToken) : [],
            ReplacedFiles = Replacements.ReplacedFiles.Find(content, archive.Engine, cancellationToken),
            ImageDigests = [.. DigestsIn(archive.ImageId).Concat(DigestsIn(spec.RepositoryDigests)).Distinct()],
        };
    }

    private static RestoreRequirements OfTasks(RestoreRequirements requirements, CheckpointImages images, CancellationToken cancellationToken)
    {
        var stopped = new List<string>();
        var labels = new HashSet<string>(StringComparer.Ordinal);
        foreach (var task in images.Tasks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var core = images.ReadCore(task.Pid);
            // COMPEL_TASK_STOPPED (CRIU, compel/include/uapi/task-state.h).
            if (core?.Tc?.TaskState == 3)
                stopped.Add($"{task.Pid} ({core.Tc.Comm})");
            if (core?.ThreadCore?.Creds?.LsmProfile is { Length: > 0 } label)
                labels.Add(label);
            requirements = WithVector(requirements, images.Mm(task.Pid));
            requirements = requirements with
            {
                RegistersInUse = requirements.RegistersInUse | RegistersOf(task, core, images),
                UsesHugePages = requirements.UsesHugePages || images.Mm(task.Pid)?.Vmas.Any(map => (map.Flags & HugePages) != 0) == true,
            };
        }
        return requirements with { StoppedProcesses = stopped, SecurityLabels = [.. labels] };
    }

    private static RestoreRequirements WithVector(RestoreRequirements requirements, MmEntry? mm)
    {
        if (mm is null)
            return requirements;
        var vector = new AuxiliaryVector(mm.MmSavedAuxv);
        return requirements with
        {
            PageSize = requirements.PageSize ?? vector.PageSize,
            HardwareCapabilities = Union(requirements.HardwareCapabilities, vector.HardwareCapabilities),
            HardwareCapabilities2 = Union(requirements.HardwareCapabilities2, vector.HardwareCapabilities2),
            SignalStackSize = Larger(requirements.SignalStackSize, vector.SignalStackSize),
        };
    }

    private static ulong RegistersOf(PstreeEntry task, CoreEntry? core, CheckpointImages images) => task.Threads
        .Where(thread => thread != 0 && thread != task.Pid)
        .Select(images.ReadCore)
        .Prepend(core)
        .Aggregate(0UL, (all, thread) => all | (thread?.ThreadInfo?.Fpregs?.Xsave?.XstateBv ?? 0));

    private static RestoreRequirements OfInventory(RestoreRequirements requirements, CheckpointImages images, DumpLogHead log)
    {
        var inventory = images.Inventory;
        return requirements with
        {
            ImageVersion = inventory is { HasImgVersion: true } ? (int)inventory.ImgVersion : null,
            SecurityModule = inventory is { HasLsmtype: true } ? (int)inventory.Lsmtype : null,
            ClosesTcp = inventory?.TcpClose ?? false,
            CriuVersion = log.CriuVersion,
            KernelRelease = log.KernelRelease,
            RegistersOfSource = log.Registers,
        };
    }

    private static RestoreRequirements OfFiles(
        RestoreRequirements requirements, CheckpointImages images, SpecRequirements spec, CancellationToken cancellationToken)
    {
        var locks = new List<string>();
        var devices = new SortedSet<string>(spec.Devices, StringComparer.Ordinal);
        var paths = new SortedSet<string>(FoldersAndMaps(images, cancellationToken), StringComparer.Ordinal);
        foreach (var file in OpenFileReader.Read(images, (_, _) => true, cancellationToken))
        {
            if (file.Locks.Count > 0)
                locks.Add($"{file.ProcessId} ({file.ProcessName}): {file.Target}");
            if (file.Target is not { } path || file.Deleted || !path.StartsWith('/'))
                continue;
            if (file.Type is OpenFileType.CharacterDevice or OpenFileType.BlockDevice or OpenFileType.Tun && SpecRequirements.IsOfNode(path))
                devices.Add(path);
            if (file.Type is OpenFileType.RegularFile or OpenFileType.Directory or OpenFileType.Fifo)
                paths.Add(path);
        }
        return requirements with
        {
            FileLocks = locks,
            Devices = [.. devices],
            SharedMemoryFiles = [.. paths.Where(path => path.StartsWith(SharedMemoryFolder, StringComparison.Ordinal))],
            HasSharedMemoryContent = images.Content.Find("devshm-checkpoint.tar") is not null,
            PodFiles = [.. paths.Where(PodFiles.Contains)],
            HasTerminal = spec.HasTerminal,
            SharesNodeProcesses = spec.SharesNodeProcesses,
            FilesInVolumes = [.. paths.Select(path => InVolume(path, requirements.Mounts)).OfType<VolumeFile>()],
            FileSizes = SizesOf(images, path => paths.Contains(path) && (path.StartsWith(SharedMemoryFolder, StringComparison.Ordinal)
                || InVolume(path, requirements.Mounts) is not null)),
        };
    }

    private static Dictionary<string, long> SizesOf(CheckpointImages images, Func<string, bool> isWanted)
    {
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var file in images.Files.Values)
        {
            if (file.Reg is { HasName: true, HasSize: true } regular && isWanted(regular.Name) && regular.Size <= long.MaxValue)
                sizes[regular.Name] = (long)regular.Size;
        }

        return sizes;
    }

    /// <summary>Files that a restore needs besides descriptors: programs, mapped files, working directories and roots.</summary>
    private static IEnumerable<string> FoldersAndMaps(CheckpointImages images, CancellationToken cancellationToken)
    {
        var files = new FilePaths(images);
        foreach (var task in images.Tasks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            IEnumerable<uint> ids = images.Fs(task.Pid) is { } fs ? [fs.CwdId, fs.RootId] : [];
            if (images.Mm(task.Pid) is { } mm)
                ids = ids.Append(mm.ExeFileId).Concat(mm.Vmas.Where(IsOfFile).Select(map => (uint)map.Shmid));
            foreach (var id in ids.Distinct())
            {
                if (files.Find(id) is { } path && !files.IsDeleted(id))
                    yield return path;
            }
        }
    }

    private static bool IsOfFile(VmaEntry map) => ((VmaStatus)map.Status & (VmaStatus.FilePrivate | VmaStatus.FileShared)) != 0;

    private static VolumeFile? InVolume(string path, IReadOnlyList<NeededMount> mounts) => mounts
        .Where(mount => IsUnder(path, mount.MountPath))
        .MaxBy(mount => mount.MountPath.Length) is { } mount && path.Length > mount.MountPath.Length
        ? new VolumeFile(path, mount)
        : null;

    private static bool IsUnder(string path, string folder) =>
        path.StartsWith(folder, StringComparison.Ordinal) && (path.Length == folder.Length || path[folder.Length] == '/');
    private static RestoreRequirements OfSockets(RestoreRequirements requirements, CheckpointImages images, CancellationToken cancellationToken)
    {
        var sockets = SocketReader.Read(images, (_, _) => true, cancellationToken)
            .Where(socket => socket.Family is SocketFamily.IPv4 or SocketFamily.IPv6)
            .DistinctBy(socket => socket.FileId)
            .ToList();
        var streams = sockets.FindAll(socket => socket.SocketType == KubeCheckpoint.SocketType.Stream);
        return requirements with
        {
            TcpConnections = [.. streams.Where(socket => socket is { State: not ("LISTEN" or "CLOSE"), RemotePort: not null })],
            ListeningSockets = streams.Count(socket => socket.State == "LISTEN"),
            BoundSockets = [.. sockets.Where(IsBoundToPod)],
        };
    }

    private static bool IsBoundToPod(CheckpointSocket socket) =>
        (socket.SocketType == KubeCheckpoint.SocketType.Datagram || socket.State == "LISTEN") && IsOfPod(socket.LocalAddress);

    // Wildcard, loopback and multicast addresses are the same in every pod.
    private static bool IsOfPod(string? text) =>
        IPAddress.TryParse(text, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) && !IPAddress.IsLoopback(address)
        && !address.IsIPv6Multicast && !(address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] >= 224);

    // With cgroup v1, processes are in a hierarchy for each controller; that of v2 has no name, nor has systemd's own.
    private static int? CgroupVersionOf(CgroupEntry? cgroup)
    {
        var names = cgroup?.Sets.SelectMany(set => set.Ctls).Select(controller => controller.Name).ToList() ?? [];
        return names.Count == 0 ? null : names.Exists(name => name.Length > 0 && !name.StartsWith("name=", StringComparison.Ordinal)) ? 1 : 2;
    }

    /// <summary>The digests after the @ in names with a digest, of which there may be several.</summary>
    private static IEnumerable<string> DigestsIn(string? names) => (names ?? "")
        .Split([' ', ',', '[', ']', '"'], StringSplitOptions.RemoveEmptyEntries)
        .Select(name => name[(name.IndexOf('@', StringComparison.Ordinal) + 1)..])
        .Where(digest => digest.StartsWith("sha256:", StringComparison.Ordinal));

    private static ulong? Union(ulong? one, ulong? other) => one is null && other is null ? null : (one ?? 0) | (other ?? 0);

    private static long? Larger(long? one, long? other) => one is null ? other : other is null ? one : Math.Max(one.Value, other.Value);
}
