using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Replacements;
using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Hosts;
using KubeCheckpoint.Cluster.Preflight.Restores;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Preflight.Restores;

public sealed class RestoreComparisonTests
{
    private static readonly ClusterNode CriO = new()
    {
        Name = "node1",
        Runtime = CheckpointEngine.CriO,
        RuntimeName = "cri-o",
        RuntimeVersion = "1.36.3",
        Architecture = "amd64",
        KernelVersion = "6.1.0-18-amd64",
    };

    private static readonly ClusterNode Containerd = CriO with { Runtime = CheckpointEngine.Containerd, RuntimeName = "containerd", RuntimeVersion = "2.1.9" };

    private static readonly NodeHost Host = new()
    {
        SeesFiles = true,
        PageSize = 4096,
        CgroupVersion = 2,
        CpuFlags = new HashSet<string> { "fpu", "sse", "avx" },
        SignalStackSize = 1776,
        CriuPath = "/usr/sbin/criu",
        CriuVersion = "4.1",
        SecurityModule = SecurityModule.None,
        OciRuntimes = ["runc"],
    };

    private static readonly RestoreRequirements Plain = new()
    {
        Archive = new()
        {
            Path = "/a.tar",
            Engine = CheckpointEngine.CriO,
            ContainerName = "web",
            Architecture = "amd64",
            Compression = ArchiveCompression.None,
            Size = 1,
            MemorySize = 1,
            RootFsDiffSize = 0,
        },
        PageSize = 4096,
        KernelRelease = "6.1.0-18-amd64",
        CriuVersion = "4.1",
        ImageVersion = 2,
        SecurityModule = 0,
        CgroupVersion = 2,
        SignalStackSize = 1776,
    };

    [Fact]
    public void An_archive_without_special_requirements_passes()
    {
        var (verdict, checks) = Compare(Plain, CriO, Host);
        Assert.True(verdict);
        Assert.All(checks, check => Assert.Equal(SupportOutcome.Passed, check.Outcome));
    }

    [Theory]
    [InlineData("10.0.0.7", "10.0.0.9", "", SupportOutcome.Failed)]
    [InlineData("10.0.0.7", "10.0.0.9", "runc.conf: tcp-established", SupportOutcome.Failed)]
    [InlineData("10.0.0.7", "10.0.0.9", "runc.conf: tcp-close", SupportOutcome.Warning)]
    [InlineData("127.0.0.1", "127.0.0.1", "", SupportOutcome.Failed)]
    [InlineData("127.0.0.1", "127.0.0.1", "runc.conf: tcp-established", SupportOutcome.Passed)]
    [InlineData("::1", "::1", "runc.conf: tcp-established", SupportOutcome.Passed)]
    public void Open_connections_need_their_address_and_an_option(string local, string remote, string option, SupportOutcome expected)
    {
        var archive = Plain with { TcpConnections = [Socket(local, remote, "ESTABLISHED")] };
        var check = Check("TcpConnections", archive, CriO, Host with { CriuOptions = option.Length == 0 ? [] : [option] });

        Assert.Equal(expected, check.Outcome);
        Assert.Contains("ESTABLISHED", check.Detail, StringComparison.Ordinal);
        Assert.Equal(SupportOutcome.Warning, Check("TcpConnections", archive with { ClosesTcp = true }, CriO, Host).Outcome);
    }

    [Fact]
    public void Unknown_facts_of_the_node_decide_nothing()
    {
        var archive = Plain with { TcpConnections = [Socket("10.0.0.7", "10.0.0.9", "ESTABLISHED")] };
        var (verdict, checks) = Compare(archive, CriO, null);

        Assert.Null(verdict);
        Assert.Equal(SupportOutcome.Unknown, checks["TcpConnections"].Outcome);
        Assert.EndsWith("(no helper pod was made)", checks["TcpConnections"].Detail, StringComparison.Ordinal);
        Assert.False(Compare(archive with { BoundSockets = [Socket("10.0.0.7", null, "LISTEN")] }, CriO, null).Verdict);
    }

    [Fact]
    public void A_socket_bound_to_the_pods_address_cannot_be_restored()
    {
        var check = Check("PodAddress", Plain with { BoundSockets = [Socket("10.0.0.7", null, "LISTEN")] }, CriO, Host);
        Assert.Equal((SupportOutcome.Failed, "TCP 10.0.0.7:80 is bound to the old pod's address, which a new pod does not get"), (check.Outcome, check.Detail));
    }

    [Theory]
    [InlineData(false, "", SupportOutcome.Passed)]
    [InlineData(true, "", SupportOutcome.Failed)]
    [InlineData(true, "runc.conf: file-locks", SupportOutcome.Passed)]
    public void Locks_need_an_option_on_containerd(bool isContainerd, string option, SupportOutcome expected)
    {
        var archive = Plain with { FileLocks = ["redis (1) holds /data/lock"] };
        Assert.Equal(expected, Check("FileLocks", archive, isContainerd ? Containerd : CriO, Host with { CriuOptions = [option] }).Outcome);
    }

    [Theory]
    [InlineData("AppArmor", "AppArmor", SupportOutcome.Passed)]
    [InlineData("AppArmor", "SELinux", SupportOutcome.Failed)]
    [InlineData("SELinux", "None", SupportOutcome.Failed)]
    [InlineData("SELinux", null, SupportOutcome.Unknown)]
    public void Labels_need_their_module(string source, string? target, SupportOutcome expected)
    {
        var archive = Plain with { SecurityModule = (int)Enum.Parse<SecurityModule>(source), SecurityLabels = ["crio-default"] };
        var host = Host with { SecurityModule = target is null ? null : Enum.Parse<SecurityModule>(target) };
        Assert.Equal(expected, Check("SecurityModule", archive, CriO, host).Outcome);
        Assert.Equal(SupportOutcome.Passed, Check("SecurityModule", archive with { SecurityLabels = [] }, CriO, host).Outcome);
    }

    [Fact]
    public void A_label_of_another_runtime_may_be_unknown_there()
    {
        var archive = Plain with { SecurityModule = (int)SecurityModule.AppArmor, SecurityLabels = ["crio-default"] };
        Assert.Equal(SupportOutcome.Warning, Check("SecurityModule", archive, Containerd, Host with { SecurityModule = SecurityModule.AppArmor }).Outcome);
    }

    [Fact]
    public void Registers_in_use_are_required_and_those_that_were_offered_are_recommended()
    {
        const ulong Avx = 1 << 2;
        const ulong Avx512 = 1 << 5;
        Assert.Equal(SupportOutcome.Failed, Check("CpuFeatures", Plain with { RegistersInUse = Avx | Avx512 }, CriO, Host).Outcome);
        Assert.Equal(SupportOutcome.Warning, Check("CpuFeatures", Plain with { RegistersInUse = Avx, RegistersOfSource = Avx | Avx512 }, CriO, Host).Outcome);
        Assert.Equal(SupportOutcome.Warning, Check("CpuFeatures", Plain with { SignalStackSize = 3376 }, CriO, Host).Outcome);
        Assert.Equal(SupportOutcome.Passed, Check("CpuFeatures", Plain with { RegistersInUse = Avx }, CriO, Host).Outcome);
    }

    [Fact]
    public void Other_architectures_are_compared_by_their_capabilities()
    {
        var node = CriO with { Architecture = "arm64" };
        var archive = Plain with { Archive = Plain.Archive with { Architecture = "arm64" }, HardwareCapabilities = 0b111, HardwareCapabilities2 = 1 };
        Assert.Equal(SupportOutcome.Passed, Check("CpuFeatures", archive, node, Host with { HardwareCapabilities = 0b1111, HardwareCapabilities2 = 1 }).Outcome);
        var check = Check("CpuFeatures", archive, node, Host with { HardwareCapabilities = 0b011, HardwareCapabilities2 = 0 });
        Assert.Equal(SupportOutcome.Warning, check.Outcome);
        Assert.Contains("AT_HWCAP 0x4, AT_HWCAP2 0x1", check.Detail, StringComparison.Ordinal);
        Assert.Equal(SupportOutcome.Failed, Check("PageSize", archive, node, Host with { PageSize = 65536 }).Outcome);
        Assert.Equal(SupportOutcome.Skipped, Check("CpuFeatures", Plain, node, Host).Outcome);
        Assert.Equal(SupportOutcome.Failed, Check("Architecture", Plain, node, Host).Outcome);
    }

    [Fact]
    public void Kernel_cgroup_and_criu_must_not_be_older()
    {
        Assert.Equal(SupportOutcome.Warning, Check("Kernel", Plain with { KernelRelease = "6.12.1" }, CriO, Host).Outcome);
        Assert.Equal(SupportOutcome.Passed, Check("Kernel", Plain with { KernelRelease = "5.15.0-generic" }, CriO, Host).Outcome);
        Assert.Equal(SupportOutcome.Failed, Check("CgroupVersion", Plain with { CgroupVersion = 1 }, CriO, Host).Outcome);
        Assert.Equal(SupportOutcome.Warning, Check("Criu", Plain with { CriuVersion = "4.2" }, CriO, Host).Outcome);
        Assert.Equal(SupportOutcome.Failed, Check("Criu", Plain with { CriuVersion = "4.3", ImageVersion = 3 }, CriO, Host).Outcome);
        Assert.Equal(SupportOutcome.Failed, Check("Criu", Plain, CriO, Host with { CriuPath = null, CriuVersion = null }).Outcome);
    }

    [Fact]
    public void What_changes_in_a_restore_is_a_warning()
    {
        var (verdict, checks) = Compare(Plain with { StoppedProcesses = ["sleep (12)"], Devices = ["/dev/nvidia0"] }, Containerd, Host);
        Assert.True(verdict);
        Assert.Equal(["RuntimeFamily", "StoppedProcesses", "Devices"], checks.Where(check => check.Outcome == SupportOutcome.Warning).Select(check => check.Name));
        Assert.Contains("New-RestoreImage -TargetRuntime Containerd", checks["RuntimeFamily"].Remedy, StringComparison.Ordinal);
        Assert.Equal(SupportOutcome.Failed, Check("RuntimeFamily", Plain, CriO with { Runtime = null, RuntimeName = "docker" }, Host).Outcome);
    }

    [Fact]
    public void What_criu_dumps_and_does_not_restore_fails_and_what_a_restore_loses_warns()
    {
        var obstacle = new RestoreObstacle("Executable", "mm-1.img", "Process 1 runs an executable that is no file.", "Start it from a file.");
        var check = Check("Obstacles", Plain with { Obstacles = [obstacle] }, CriO, Host);
        Assert.Equal((SupportOutcome.Failed, obstacle.Cure), (check.Outcome, check.Remedy));
        Assert.Equal(SupportOutcome.Warning, Check("HugePages", Plain with { UsesHugePages = true }, CriO, Host).Outcome);

        using var folder = new TemporaryFolder();
        var archive = folder.Write("a.tar", new TarBuilder().Add("spec.dump", TarBuilder.Spec)
            .Add("rootfs-diff.tar", new TarBuilder().Add("www/new", "").End()).Add("deleted.files", """["/www"]""").End());
        using var content = CheckpointContent.Open(archive, CancellationToken.None);
        var replaced = Check("ReplacedFiles", Plain with { ReplacedFiles = ReplacedFiles.Find(content, CheckpointEngine.CriO, CancellationToken.None) }, CriO, Host);
        Assert.Equal(SupportOutcome.Warning, replaced.Outcome);
        Assert.Contains("lists /www as deleted", replaced.Detail, StringComparison.Ordinal);
        Assert.Null(ReplacedFiles.Find(content, CheckpointEngine.Containerd, CancellationToken.None));
    }

    private static SupportCheck Check(string name, RestoreRequirements archive, ClusterNode node, NodeHost host) => Compare(archive, node, host).Checks[name];

    private static (bool? Verdict, Found Checks) Compare(RestoreRequirements archive, ClusterNode node, NodeHost? host)
    {
        var list = new CheckList(node.Name, archive.Archive.Path);
        new RestoreComparison(list, archive, node, host is null ? Fact<NodeHost>.Unknown("no helper pod was made") : Fact<NodeHost>.Of(host)).Add();
        return (list.Verdict(SupportScope.Restore), new(list.Checks));
    }

    private static CheckpointSocket Socket(string local, string? remote, string state) => new()
    {
        ArchivePath = "/a.tar",
        ProcessId = 1,
        ProcessName = "web",
        Descriptor = 5,
        Family = local.Contains(':', StringComparison.Ordinal) ? SocketFamily.IPv6 : SocketFamily.IPv4,
        SocketType = SocketType.Stream,
        Protocol = "TCP",
        State = state,
        LocalAddress = local,
        LocalPort = 80,
        RemoteAddress = remote,
        RemotePort = remote is null ? null : 4711,
        Options = [],
        FileId = 1,
    };

    private sealed class Found(IReadOnlyList<SupportCheck> checks) : List<SupportCheck>(checks)
    {
        public SupportCheck this[string name] => this.Single(check => check.Name == name);
    }
}
