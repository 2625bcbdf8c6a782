using System.Globalization;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Hosts;

namespace KubeCheckpoint.Cluster.Preflight.Restores;

/// <summary>Compares what the processes in an archive need with the node's kernel, processor, runtime and CRIU.</summary>
internal sealed class RestoreComparison(CheckList checks, RestoreRequirements archive, ClusterNode node, Fact<NodeHost> fact)
{
    private const SupportScope Scope = SupportScope.Restore;

    /// <summary>CRIU images 1.1; newer images need a CRIU at least as new as the one that wrote them.</summary>
    private const int CommonImageVersion = 2;

    private const string TcpClose =
        "Run Initialize-CheckpointNode -CriuOption tcp-close for the node, so that the process finds them closed; "
        + "or checkpoint it without connections.";

    private readonly NodeHost? _host = fact.Value;

    public void Add()
    {
        AddFamily();
        AddArchitecture();
        AddPageSize();
        AddKernel();
        AddCpu();
        AddSecurityModule();
        AddCgroup();
        AddCriu();
        AddTcp();
        AddBound();
        AddLocks();
        AddStopped();
        AddDevices();
        AddTerminal();
        AddProcesses();
        AddObstacles();
        AddHugePages();
        AddReplaced();
        checks.Passed("Seccomp", Scope, archive.SeccompFilters == 0 ? "no filters" : $"{archive.SeccompFilters} filters, which CRIU restores");
    }

    private void AddFamily()
    {
        const string Name = "RuntimeFamily";
        var engine = archive.Archive.RequireEngine();
        if (node.Runtime is not { } runtime)
        {
            checks.Failed(
                Name,
                Scope,
                $"{NameOf(engine)} wrote the archive, and the node runs {node.RuntimeName ?? "an unnamed runtime"}",
                "Use a node with CRI-O or containerd.");
        }
        else if (engine == runtime)
        {
            checks.Passed(Name, Scope, $"{NameOf(engine)} wrote the archive and runs on the node");
        }
        else
        {
            checks.Warning(
                Name,
                Scope,
                $"{NameOf(engine)} wrote the archive, and the node runs {NameOf(runtime)}: the image must be built for {NameOf(runtime)}",
                $"New-RestoreImage -TargetRuntime {runtime}; Restore-Pod -NodeName and Move-Pod do so themselves.");
        }
    }

    private void AddArchitecture()
    {
        const string Name = "Architecture";
        var wanted = archive.Archive.Architecture;
        if (wanted is null || node.Architecture is null)
            checks.Unknown(Name, Scope, wanted is null ? "the archive does not record it" : "the node does not report it");
        else if (wanted == node.Architecture)
            checks.Passed(Name, Scope, wanted);
        else
            checks.Failed(Name, Scope, $"the archive is from {wanted}, and the node is {node.Architecture}", $"Use a node with {wanted}.");
    }

    private void AddPageSize()
    {
        const string Name = "PageSize";
        const string Remedy = "Use a node whose kernel has the same page size.";
        if (archive.PageSize is not { } wanted)
            checks.Unknown(Name, Scope, "the archive does not record it");
        else if (_host?.PageSize is { } has && has != wanted)
            checks.Failed(Name, Scope, $"it was dumped with pages of {wanted} bytes, and the node has pages of {has} bytes", Remedy);
        else if (_host?.PageSize is not null || node.Architecture is "amd64" or "s390x")
            checks.Passed(Name, Scope, $"{wanted} bytes");
        else
            Undecided(Name, $"it was dumped with pages of {wanted} bytes; the page size of the node is not known");
    }

    private void AddKernel()
    {
        const string Name = "Kernel";
        const string Remedy = "Features of the newer kernel that the processes use may be missing. Use a node with the same or a newer kernel.";
        var (from, to) = (ComponentVersion.Parse(archive.KernelRelease), ComponentVersion.Parse(node.KernelVersion));
        if (from is not { } source || to is not { } target)
            checks.Unknown(Name, Scope, from is null ? "the archive does not record the kernel" : "the node does not report its kernel");
        else if ((target.Major, target.Minor).CompareTo((source.Major, source.Minor)) < 0)
            checks.Warning(Name, Scope, $"it was dumped on {archive.KernelRelease}, and the node has the older {node.KernelVersion}", Remedy);
        else
            checks.Passed(Name, Scope, $"dumped on {archive.KernelRelease}, the node has {node.KernelVersion}");
    }

    private void AddCpu()
    {
        const string Name = "CpuFeatures";
        if (archive.Archive.Architecture != node.Architecture)
        {
            checks.Skipped(Name, Scope, "the architectures differ");
            return;
        }

        if (node.Architecture == "amd64")
            AddX86(Name);
        else
            AddCapabilities(Name);
    }

    private void AddX86(string name)
    {
        const string Remedy = "Use a node whose processor has them, or disable them in the process at its start (GLIBC_TUNABLES) and checkpoint it again.";
        if (_host is not { CpuFlags.Count: > 0 } host)
        {
            Undecided(name, "the node's processor is not known");
            return;
        }

        var used = RegisterFeature.Missing(archive.RegistersInUse, host.CpuFlags);
        var offered = RegisterFeature.Missing(archive.RegistersOfSource ?? 0, host.CpuFlags);
        if (used.Count > 0)
        {
            checks.Failed(name, Scope, $"its threads hold values in registers of {string.Join(", ", used)}, which the node's processor lacks", Remedy);
        }
        else if (offered.Count > 0)
        {
            checks.Warning(
                name,
                Scope,
                $"it was dumped on a processor with {string.Join(", ", offered)}, which the node's processor lacks: "
                + "libraries may have selected code for it at their start",
                Remedy);
        }
        else if (archive.SignalStackSize > host.SignalStackSize)
        {
            checks.Warning(
                name,
                Scope,
                "it was dumped on a processor with wider registers "
                + $"(a signal stack of {archive.SignalStackSize} bytes; {host.SignalStackSize} on the node)",
                Remedy);
        }
        else
        {
            checks.Passed(name, Scope, "the node's processor has all registers of the source processor");
        }
    }

    private void AddCapabilities(string name)
    {
        if (archive.HardwareCapabilities is not { } wanted)
        {
            checks.Unknown(name, Scope, "the archive does not record it");
        }
        else if (_host?.HardwareCapabilities is not { } has)
        {
            Undecided(name, "the node's processor is not known");
        }
        else
        {
            var missing = wanted & ~has;
            var missing2 = (archive.HardwareCapabilities2 ?? 0) & ~(_host.HardwareCapabilities2 ?? 0);
            if ((missing | missing2) == 0)
            {
                checks.Passed(name, Scope, "the node's processor has every feature that the processes saw at their start");
            }
            else
            {
                var lacking = string.Create(CultureInfo.InvariantCulture, $"AT_HWCAP 0x{missing:x}, AT_HWCAP2 0x{missing2:x}");
                checks.Warning(
                    name,
                    Scope,
                    $"the processes saw features at their start that the node's processor lacks ({lacking})",
                    "Use a node with the same processor.");
            }
        }
    }

    /// <summary>CRIU refuses only if a process had a label of another module (CRIU, criu/lsm.c, validate_lsm).</summary>
    private void AddSecurityModule()
    {
        const string Name = "SecurityModule";
        const string LoadProfile = "Load the profile on the node under that name.";
        var wanted = (SecurityModule?)archive.SecurityModule;
        var labels = CheckText.Names(archive.SecurityLabels);
        if (wanted is null)
            checks.Unknown(Name, Scope, "the archive does not record it");
        else if (wanted == SecurityModule.None || archive.SecurityLabels.Count == 0)
            checks.Passed(Name, Scope, "the processes have no label");
        else if (_host?.SecurityModule is not { } has)
            Undecided(Name, $"the processes have labels of {wanted}; the security module of the node is not known");
        else if (has != wanted)
            checks.Failed(Name, Scope, $"the processes have labels of {wanted} ({labels}), and the node has {has}", $"Use a node with {wanted}.");
        else if (node.Runtime != archive.Archive.Engine)
            checks.Warning(Name, Scope, $"the processes are labelled {labels}, which another runtime may not know", LoadProfile);
        else
            checks.Passed(Name, Scope, $"{has}: {labels}");
    }

    private void AddCgroup()
    {
        const string Name = "CgroupVersion";
        const string Remedy = "Use a node with the same cgroup version.";
        if (archive.CgroupVersion is not { } wanted)
            checks.Unknown(Name, Scope, "the archive does not record it");
        else if (_host?.CgroupVersion is not { } has)
            checks.Unknown(Name, Scope, $"it was dumped with cgroup version {wanted}; that of the node is not known ({fact.Reason})");
        else if (has != wanted)
            checks.Failed(Name, Scope, $"it was dumped with cgroup version {wanted}, and the node has version {has}", Remedy);
        else
            checks.Passed(Name, Scope, $"version {wanted}");
    }

    private void AddCriu()
    {
        const string Name = "Criu";
        const string Update = "Install the same or a newer CRIU on the node.";
        if (_host is not { SeesFiles: true } host)
        {
            checks.Unknown(Name, Scope, $"the node's files could not be read: {fact.Reason ?? _host?.FilesReason}");
            return;
        }

        var isOlder = ComponentVersion.Parse(host.CriuVersion) < ComponentVersion.Parse(archive.CriuVersion);
        var writer = $"CRIU {archive.CriuVersion}";
        if (host.CriuPath is null)
            checks.Failed(Name, Scope, "there is no criu in /usr", "Install criu on the node, in the runtime's PATH.");
        else if (isOlder && archive.ImageVersion > CommonImageVersion)
            checks.Failed(Name, Scope, $"the node's CRIU {host.CriuVersion} does not support the image version of {writer}, which wrote the archive", Update);
        else if (isOlder)
            checks.Warning(Name, Scope, $"{writer} wrote the archive, and the node has the older {host.CriuVersion}", Update);
        else
            checks.Passed(Name, Scope, $"{host.CriuPath} {host.CriuVersion}{(archive.CriuVersion is null ? "" : $"; {writer} wrote the archive")}");
    }

    private void AddTcp()
    {
        const string Name = "TcpConnections";
        const string TcpEstablished = "Run Initialize-CheckpointNode -CriuOption tcp-established for the node.";
        var open = archive.TcpConnections;
        var names = open.Select(socket => $"{socket.LocalEndpoint} - {socket.RemoteEndpoint} {socket.State}");
        var connections = $"{open.Count} open: {CheckText.Names([.. names])}";
        if (open.Count == 0)
            checks.Passed(Name, Scope, archive.ListeningSockets == 0 ? "none" : $"none open, {archive.ListeningSockets} sockets listen");
        else if (archive.ClosesTcp || _host?.HasCriuOption("tcp-close") == true)
            checks.Warning(Name, Scope, $"{connections}. The processes will find them closed (tcp-close)", null);
        else if (_host is not { SeesFiles: true } host)
            Undecided(Name, $"{connections}; the CRIU options on the node are not known", TcpClose);
        else if (host.HasCriuOption("tcp-established") && open.All(IsLoopback))
            checks.Passed(Name, Scope, $"{connections}, all within the container; the node has tcp-established");
        else if (open.All(IsLoopback))
            checks.Failed(Name, Scope, $"{connections}. CRIU does not restore them by default", TcpEstablished);
        else
            checks.Failed(Name, Scope, $"{connections}. They need the old pod's address, which a new pod does not get", TcpClose);
    }

    /// <summary>Seen on CRI-O: <c>Can't bind inet socket (id 7): Cannot assign requested address</c>; containerd does not say why.</summary>
    private void AddBound()
    {
        const string Name = "PodAddress";
        const string Remedy = "Let the process bind to 0.0.0.0 or :: and checkpoint it again.";
        var bound = archive.BoundSockets.Select(socket => $"{socket.Protocol} {socket.LocalEndpoint}").ToList();
        if (bound.Count == 0)
            checks.Passed(Name, Scope, "no socket is bound to the pod's own address");
        else
            checks.Failed(Name, Scope, $"{CheckText.Names(bound)} is bound to the old pod's address, which a new pod does not get", Remedy);
    }

    private void AddLocks()
    {
        const string Name = "FileLocks";
        if (archive.FileLocks.Count == 0)
        {
            checks.Passed(Name, Scope, "none");
        }
        else if (node.Runtime == CheckpointEngine.CriO || _host?.HasCriuOption("file-locks") == true)
        {
            checks.Passed(Name, Scope, $"{archive.FileLocks.Count}: {CheckText.Names(archive.FileLocks)}");
        }
        else if (_host is not { SeesFiles: true })
        {
            Undecided(Name, $"{archive.FileLocks.Count} ({CheckText.Names(archive.FileLocks)}), which containerd does not tell CRIU to restore");
        }
        else
        {
            checks.Failed(
                Name, Scope, $"{archive.FileLocks.Count} ({CheckText.Names(archive.FileLocks)}), which containerd does not tell CRIU to restore",
                "Run Initialize-CheckpointNode -CriuOption file-locks for the node, or use a node with CRI-O.");
        }
    }

    private void AddStopped()
    {
        const string Name = "StoppedProcesses";
        const string Remedy = "Continue them afterwards with SIGCONT: kubectl exec POD -- kill -CONT PID.";
        if (archive.StoppedProcesses.Count == 0)
            checks.Passed(Name, Scope, "none");
        else
            checks.Warning(Name, Scope, $"{CheckText.Names(archive.StoppedProcesses)} were stopped and will be restored as stopped", Remedy);
    }

    private void AddDevices()
    {
        const string Name = "Devices";
        if (archive.Devices.Count == 0)
            checks.Passed(Name, Scope, "only those that every container has");
        else
            checks.Warning(Name, Scope, $"it uses {CheckText.Names(archive.Devices)}", "The node must have them, and the new pod must get them.");
    }

    /// <summary>CRI-O creates the container from a request without a terminal (server/container_restore.go).</summary>
    private void AddTerminal()
    {
        const string Name = "Terminal";
        const string Remedy = "Use a node with containerd, or checkpoint the container without tty.";
        if (!archive.HasTerminal)
            checks.Passed(Name, Scope, "none");
        else if (node.Runtime == CheckpointEngine.CriO)
            checks.Failed(Name, Scope, "the container had one (tty), and CRI-O does not restore it", Remedy);
        else
            checks.Passed(Name, Scope, "the container had one, and containerd restores it");
    }

    /// <summary>Seen on CRI-O: <c>Unable to find an external pidns</c>, <c>Can't fork for 1234: File exists</c>; containerd does not say why.</summary>
    private void AddProcesses()
    {
        const string Name = "PidNamespace";
        const string Shared = "the container shared the PID namespace of its node (hostPID), in which CRIU cannot restore its process IDs";
        if (archive.SharesNodeProcesses)
            checks.Failed(Name, Scope, Shared, "Checkpoint it in a pod without hostPID.");
        else
            checks.Passed(Name, Scope, "not shared with the node");
    }

    /// <summary>What CRIU dumps and does not restore, with the lines of its source in <see cref="RestoreObstacles"/>.</summary>
    private void AddObstacles()
    {
        const string Name = "Obstacles";
        if (archive.Obstacles.Count == 0)
            checks.Passed(Name, Scope, "CRIU restores all that it dumped");
        foreach (var obstacle in archive.Obstacles)
            checks.Failed(Name, Scope, obstacle.Message.TrimEnd('.'), obstacle.Cure);
    }

    /// <summary>CRIU maps huge pages again (criu/mem.c, MAP_HUGETLB), for which the kernel must have free ones.</summary>
    private void AddHugePages()
    {
        const string Name = "HugePages";
        const string Remedy = "The node must have as many free ones, and the pod must request them (hugepages-2Mi).";
        if (archive.UsesHugePages)
            checks.Warning(Name, Scope, "its processes have huge pages mapped", Remedy);
        else
            checks.Passed(Name, Scope, "none");
    }

    /// <summary>CRI-O deletes what deleted.files lists after it has unpacked rootfs-diff.tar (internal/lib/restore.go).</summary>
    private void AddReplaced()
    {
        const string Name = "ReplacedFiles";
        const string Remedy = "New-RestoreImage, Restore-Pod, Test-PodRestore and Move-Pod correct the list in a layer of the image. "
            + "Let them read the container's image from its registry, or what it has there comes back too.";
        if (archive.ReplacedFiles is not { } replaced)
        {
            checks.Passed(Name, Scope, "the archive lists nothing as deleted that it brings back");
            return;
        }

        var names = CheckText.Names([.. replaced.Folders.Select(folder => "/" + folder.Path), .. replaced.Files.Select(file => "/" + file)]);
        var lacking = replaced.Folders.Any(folder => folder.IsIncomplete)
            ? "; it lacks files there that processes use, which are restored as the image has them"
            : "";
        var lost = $"the archive lists {names} as deleted, which the container created again: a restore of the archive itself loses it";
        checks.Warning(Name, Scope, lost + lacking, Remedy);
    }

    private void Undecided(string name, string detail, string? remedy = null) =>
        checks.Undecided(name, Scope, fact.Reason is null ? detail : $"{detail} ({fact.Reason})", remedy);

    private static bool IsLoopback(CheckpointSocket socket) =>
        System.Net.IPAddress.TryParse(socket.RemoteAddress, out var address) && System.Net.IPAddress.IsLoopback(address);

    private static string NameOf(CheckpointEngine engine) => engine switch
    {
        CheckpointEngine.CriO => "CRI-O",
        CheckpointEngine.Containerd => "containerd",
        _ => "Podman",
    };
}
