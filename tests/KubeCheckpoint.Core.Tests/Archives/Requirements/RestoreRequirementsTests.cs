using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.Requirements;

public sealed class RestoreRequirementsTests : IDisposable
{
    private const ulong Avx512 = 0xa2;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("crio-counter.tar")]
    [InlineData("containerd-counter.tar")]
    [InlineData("containerd23-counter.tar")]
    public async Task Real_archives_record_where_they_were_dumped(string name)
    {
        var archive = await ReadAsync(Fixture.PathOf(name));

        Assert.Equal((4096, 395049983UL, 2UL, 3376L), (archive.PageSize, archive.HardwareCapabilities, archive.HardwareCapabilities2, archive.SignalStackSize));
        Assert.Equal(("6.18.44-fc-v657", "4.2.1", 0xe5UL), (archive.KernelRelease, archive.CriuVersion, archive.RegistersOfSource));
        Assert.Equal((2, 0, 1), (archive.ImageVersion, archive.SecurityModule, archive.CgroupVersion));
        Assert.Equal(Avx512, archive.RegistersInUse);
        Assert.Contains("sha256:28f8ec0eefae275ee8cc1945f3f86ae6eef0b4e4d9669fb62b872328f5b6b58f", archive.ImageDigests);
        Assert.Empty(archive.TcpConnections);
        Assert.Empty(archive.FileLocks);
        Assert.Empty(archive.Mounts);
        Assert.Empty(archive.Devices);
    }

    [Theory]
    [InlineData("podman-counter-none.tar")]
    [InlineData("podman-counter-gzip.tar.gz")]
    [InlineData("podman-redis.tar.zst")]
    public async Task Without_a_log_the_processor_is_known_from_the_auxiliary_vector(string name)
    {
        var archive = await ReadAsync(Fixture.PathOf(name));

        Assert.Equal((null, null, null), (archive.KernelRelease, archive.CriuVersion, archive.RegistersOfSource));
        Assert.Equal((3376L, Avx512), (archive.SignalStackSize, archive.RegistersInUse));
        Assert.True(archive.HasSharedMemoryContent);
    }

    [Fact]
    public async Task Locks_shared_memory_and_stopped_processes_are_found()
    {
        var archive = await ReadAsync(Fixture.PathOf("zoo-crio.tar"));

        Assert.Equal("/dev/shm/zoo-shm", Assert.Single(archive.SharedMemoryFiles));
        Assert.False(archive.HasSharedMemoryContent);
        Assert.NotEmpty(archive.FileLocks);
        Assert.Empty(archive.BoundSockets);
    }

    [Fact]
    public async Task Volumes_are_recognised_by_the_kubelets_folders()
    {
        var archive = await ReadAsync(Fixture.PathOf("crio-multi-a.tar"));

        Assert.Equal([new NeededMount("/scratch", MountOrigin.EmptyDir, "scratch")], archive.Mounts);
    }

    [Fact]
    public async Task Files_that_differ_between_pods_and_a_terminal_are_found()
    {
        const string Spec = """{"annotations":{"io.kubernetes.cri.container-name":"c"},"process":{"terminal":true}}""";
        var files = new[] { "/etc/hosts", "/etc/passwd", "/etc/resolv.conf" };
        var path = new CheckpointBuilder(Spec).Tree(1).Image("core-1", "CORE", new CoreEntry { Tc = new TaskCoreEntry { Comm = "reader" } })
            .Image("ids-1", "IDS", new TaskKobjIdsEntry { FilesId = 1 })
            .Image("fdinfo-1", "FDINFO", [.. files.Select((_, i) => new FdinfoEntry { Id = (uint)i + 1, Type = FdTypes.Reg, Fd = (uint)i + 3 })])
            .Files([.. files.Select((name, i) => new FileEntry { Type = FdTypes.Reg, Id = (uint)i + 1, Reg = new RegFileEntry { Id = (uint)i + 1, Name = name } })])
            .Save(_folder);

        var archive = await ReadAsync(path);

        Assert.Equal(["/etc/hosts", "/etc/resolv.conf"], archive.PodFiles);
        Assert.True(archive.HasTerminal);
        Assert.False((await ReadAsync(Fixture.PathOf("crio-counter.tar"))).HasTerminal);
    }

    [Fact]
    public async Task Archives_of_other_machines_have_other_requirements()
    {
        const string Spec = """
            {"annotations":{"io.kubernetes.cri.container-name":"c"},
             "mounts":[{"destination":"/data/","type":"bind","source":"/srv/data"},{"destination":"/conf","type":"bind","source":"/var/lib/kubelet/pods/6e8ea7ae-c5e8-4b1b-a116-3a28d7d1d4c9/volumes/kubernetes.io~configmap/conf"},
                       {"destination":"/pv","type":"bind","source":"/var/lib/k/pods/6e8ea7ae-c5e8-4b1b-a116-3a28d7d1d4c9/volumes/kubernetes.io~csi/pv-1/mount"},{"destination":"/sub","type":"bind","source":"/var/lib/kubelet/pods/6e8ea7ae-c5e8-4b1b-a116-3a28d7d1d4c9/volume-subpaths/cfg/c/0"},
                       {"destination":"/dev/termination-log","type":"bind","source":"/var/lib/kubelet/pods/6e8ea7ae-c5e8-4b1b-a116-3a28d7d1d4c9/containers/c/1"}],
             "linux":{"devices":[{"path":"/dev/fuse"},{"path":"/dev/null"}]}}
            """;
        var core = new CoreEntry
        {
            Mtype = CoreEntry.Types.March.Aarch64,
            Tc = new TaskCoreEntry { Comm = "stopped", TaskState = 3 },
            ThreadCore = new ThreadCoreEntry { Creds = new CredsEntry { LsmProfile = "cri-containerd.apparmor.d" } },
        };
        var mm = new MmEntry { ExeFileId = 7 };
        mm.MmSavedAuxv.AddRange([6, 65536, 16, 0xff, 0, 0]);
        var groups = new CgroupEntry();
        groups.Sets.Add(new CgSetEntry { Id = 1, Ctls = { new CgMemberEntry { Name = "", Path = "/" }, new CgMemberEntry { Name = "name=systemd", Path = "/" } } });
        var path = new CheckpointBuilder(Spec).Tree(1).Image("core-1", "CORE", core).Image("ids-1", "IDS", new TaskKobjIdsEntry { FilesId = 1 })
            .Image("mm-1", "MM", mm).Image("cgroup", "CGROUP", groups)
            .Image("inventory", "INVENTORY", new InventoryEntry { ImgVersion = 3, Lsmtype = Lsmtype.Apparmor, TcpClose = true })
            .Files(new FileEntry { Type = FdTypes.Reg, Id = 7, Reg = new RegFileEntry { Id = 7, Name = "/conf/..2026_11_23/prog" } })
            .Member("dump.log", "(00.000001) Version: 4.3\n(00.000002) Running on n Linux 6.20.1-x #1 SMP aarch64\n"u8.ToArray())
            .Save(_folder);

        var archive = await ReadAsync(path);

        Assert.Equal((65536, 0xffUL, "6.20.1-x", "4.3", 3), (archive.PageSize, archive.HardwareCapabilities, archive.KernelRelease, archive.CriuVersion, archive.ImageVersion));
        Assert.Equal((2, 2, true), (archive.CgroupVersion, archive.SecurityModule, archive.ClosesTcp));
        Assert.Equal("1 (stopped)", Assert.Single(archive.StoppedProcesses));
        Assert.Equal("cri-containerd.apparmor.d", Assert.Single(archive.SecurityLabels));
        Assert.Equal("/dev/fuse", Assert.Single(archive.Devices));
        Assert.Equal(["Node", "ConfigMap", "Storage", "SubPath"], archive.Mounts.Select(mount => mount.Origin.ToString()));
        Assert.Equal("/conf/..2026_11_23/prog", Assert.Single(archive.FilesInVolumes).Path);
    }

    [Fact]
    public async Task An_endless_log_is_not_read_to_its_end()
    {
        var path = new CheckpointBuilder().Tree().Member("dump.log", [.. "(00.000001) Version: 4.3\n"u8, .. new byte[1_000_000]]).Save(_folder);
        Assert.Equal("4.3", (await ReadAsync(path)).CriuVersion);
    }

    private static Task<RestoreRequirements> ReadAsync(string path) => RestoreRequirementsReader.ReadAsync(path, CancellationToken.None);
}
