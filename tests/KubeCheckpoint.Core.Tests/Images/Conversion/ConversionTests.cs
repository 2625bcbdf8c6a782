using System.Text;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Images.Conversion;

/// <summary>Tests details of what is changed for another runtime, and what is refused.</summary>
public sealed class ConversionTests : IDisposable
{
    private const string Id = "1111111111111111111111111111111111111111111111111111111111111111";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CriO_gets_what_it_reads()
    {
        using var converted = await Converted.OfAsync(Fixture.PathOf("containerd23-counter.tar"), CheckpointEngine.CriO);
        var (spec, config) = (converted.Json("spec.dump"), converted.Json("config.dump"));

        // The kubelet kills a container with an unknown hash.
        Assert.Contains("\"io.kubernetes.container.hash\":\"e574a913\"", (string?)spec["annotations"]!["io.kubernetes.cri-o.Annotations"], StringComparison.Ordinal);
        Assert.Equal("cri-o", (string?)spec["annotations"]!["io.container.manager"]);
        Assert.Equal("counter", (string?)spec["annotations"]!["io.kubernetes.pod.name"]);
        // An ID is safer than a name, whose tag may have moved.
        Assert.Equal("87f6b810417b40ca6f1fbcc1bd098b9fbe16aeadb5a49b755fe41705b1a6fff6", (string?)config["rootfsImageRef"]);
        Assert.Equal("127.0.0.1:5000/counter:1", (string?)config["rootfsImageName"]);
        Assert.Equal("runc", (string?)config["runtime"]);
        Assert.Equal("2026-11-23T07:11:22.689228897Z", (string?)config["checkpointedTime"]);
        Assert.Contains("count=", Converted.Utf8(converted["io.kubernetes.cri-o.LogPath"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CriO_finds_the_image_by_its_digest_where_the_archive_has_no_id()
    {
        using var converted = await Converted.OfAsync(Fixture.PathOf("containerd-counter.tar"), CheckpointEngine.CriO);

        Assert.Equal("", (string?)converted.Json("config.dump")["rootfsImageRef"]);
        Assert.Equal(
            "127.0.0.1:5000/counter@sha256:28f8ec0eefae275ee8cc1945f3f86ae6eef0b4e4d9669fb62b872328f5b6b58f",
            (string?)converted.Json("config.dump")["rootfsImageName"]);
    }

    [Fact]
    public async Task Containerd_gets_what_it_reads()
    {
        using var converted = await Converted.OfAsync(Fixture.PathOf("crio-counter.tar"), CheckpointEngine.Containerd);
        var (config, status, spec) = (converted.Json("config.dump"), converted.Json("status.dump"), converted.Json("spec.dump"));

        Assert.Equal("127.0.0.1:5000/counter@sha256:28f8ec0eefae275ee8cc1945f3f86ae6eef0b4e4d9669fb62b872328f5b6b58f", (string?)config["rootfsImageRef"]);
        Assert.Equal("io.containerd.runc.v2", (string?)config["runtime"]);
        Assert.Equal("e574a913", (string?)status["annotations"]!["io.kubernetes.container.hash"]);
        Assert.Equal("0", (string?)status["annotations"]!["io.kubernetes.container.restartCount"]);
        Assert.Equal("f6d86e3e-d3e8-405b-876e-394346dc8d5f", (string?)status["labels"]!["io.kubernetes.pod.uid"]);
        Assert.Equal("127.0.0.1:5000/counter:1", (string?)status["image"]!["image"]);
        Assert.Null(spec["annotations"]!["io.container.manager"]);
        Assert.Equal("counter", (string?)spec["annotations"]!["io.kubernetes.cri.container-name"]);
        Assert.False(converted.Has("status"));
        Assert.Contains("count=", Converted.Utf8(converted["container.log"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Podman_gets_what_it_reads()
    {
        using var converted = await Converted.OfAsync(Fixture.PathOf("crio-multi-a.tar"), CheckpointEngine.Podman);
        var (config, spec) = (converted.Json("config.dump"), converted.Json("spec.dump"));

        Assert.Equal("multi-a", (string?)config["name"]);
        Assert.Equal("87f6b810417b40ca6f1fbcc1bd098b9fbe16aeadb5a49b755fe41705b1a6fff6", (string?)config["rootfsImageID"]);
        Assert.True((bool)config["createNetNS"]!);
        Assert.Equal("multi-a-scratch", (string?)config["namedVolumes"]![0]!["volumeName"]);
        Assert.Equal("/scratch", (string?)config["namedVolumes"]![0]!["dest"]);
        Assert.Equal("libpod", (string?)spec["annotations"]!["io.container.manager"]);
        Assert.DoesNotContain(spec["linux"]!["namespaces"]!.AsArray(), item => item!["path"] is not null);
        Assert.Equal(["/scratch"], spec["mounts"]!.AsArray().Where(mount => (string?)mount!["type"] == "bind").Select(mount => (string?)mount!["destination"]));
        Assert.Equal(1024, converted["volumes/multi-a-scratch.tar"].Length);
    }

    [Fact]
    public async Task Processes_of_network_none_come_into_the_network_of_their_pod()
    {
        using var converted = await Converted.OfAsync(Fixture.PathOf("podman-counter-none.tar"), CheckpointEngine.CriO);

        Assert.Equal("extRootNetNS", converted.Image("netns-10.img", "NETNS").Single().Find("ext_key"));
        Assert.False(converted.Has("checkpoint/ids-1.img"));
    }

    [Fact]
    public async Task Processes_and_sockets_of_network_host_come_into_the_network_of_their_pod()
    {
        using var converted = await Converted.OfAsync(Fixture.PathOf("podman-redis.tar.zst"), CheckpointEngine.Containerd);
        var moved = (uint)converted.Image("ids-1.img", "IDS").Single().Find("net_ns_id")!;

        Assert.Equal(2u, converted.Original("ids-1.img", "IDS").Single().Find("net_ns_id"));
        Assert.DoesNotContain(moved, IdsOf(converted.Original("ids-1.img", "IDS").Single()));
        Assert.Equal("extRootNetNS", converted.Image($"netns-{moved}.img", "NETNS").Single().Find("ext_key"));
        var sockets = converted.Image("files.img", "FILES").Select(file => file.Find("isk")).OfType<CriuObject>().ToList();
        Assert.NotEmpty(sockets);
        Assert.All(sockets, socket => Assert.Equal(moved, socket.Find("ns_id")));
    }

    [Fact]
    public async Task A_hostNetwork_pod_stays_in_the_network_of_its_node_in_kubernetes_only()
    {
        var path = new CheckpointBuilder(CriOSpec())
            .Image("inventory", "INVENTORY", new InventoryEntry { ImgVersion = 2, RootIds = new TaskKobjIdsEntry { NetNsId = 2 } })
            .Tree(1).Image("ids-1", "IDS", new TaskKobjIdsEntry { NetNsId = 2, MntNsId = 5 }).Files().Member("status.dump", "{}"u8.ToArray()).Save(_folder);

        using var containerd = await Converted.OfAsync(path, CheckpointEngine.Containerd);
        Assert.DoesNotContain(containerd.Overlay, member => member.Name.Contains("netns", StringComparison.Ordinal));
        using var podman = await ConvertedWithId(path);
        Assert.Equal(1u, podman.Image("ids-1.img", "IDS").Single().Find("net_ns_id"));
    }

    [Fact]
    public async Task Masks_of_crun_become_those_of_runc()
    {
        var path = Checkpoint(CriOSpec("""{"maskedPaths":["/proc/keys","/proc/acpi"]}"""), Root, Dev, new MntEntry
        {
            Fstype = 3,
            MntId = 3,
            RootDev = 6,
            ParentMntId = 1,
            Flags = 1,
            Root = "/null",
            Mountpoint = "/proc/keys",
            Source = "devtmpfs",
            Options = "mode=755",
            ExtKey = "/proc/keys",
            SbFlags = 0,
        }, new MntEntry
        {
            Fstype = 5,
            MntId = 4,
            RootDev = 44,
            ParentMntId = 1,
            Flags = 1,
            Root = "/crun/.empty-directory",
            Mountpoint = "/proc/acpi",
            Source = "tmpfs",
            Options = "mode=755",
            ExtKey = "/run/crun/.empty-directory",
        });
        using var converted = await Converted.OfAsync(path, CheckpointEngine.Containerd);
        var mounts = converted.Image("mountpoints-5.img", "MNTS").ToDictionary(mount => (string)mount.Find("mountpoint")!);

        Assert.Equal("{fstype: 5, mnt_id: 3, root_dev: 470, parent_mnt_id: 1, flags: 16777218, root: /null, mountpoint: /proc/keys, source: tmpfs, options: size=65536k, sb_flags: 0}", Converted.Text(mounts["/proc/keys"]));
        Assert.Equal("{fstype: 5, mnt_id: 4, root_dev: 1, parent_mnt_id: 1, flags: 2097153, root: /, mountpoint: /proc/acpi, source: tmpfs, options: size=4k,nr_inodes=1, sb_flags: 1}", Converted.Text(mounts["/proc/acpi"]));
        Assert.Equal(1024, Gunzip(converted["checkpoint/tmpfs-dev-1.tar.gz.img"]).Length);
    }

    [Fact]
    public async Task A_mount_within_a_removed_mount_stays()
    {
        var path = Checkpoint(CriOSpec(), Root, External(3, "/run/secrets", 1), External(4, "/run/secrets/kubernetes.io/serviceaccount", 3));
        using var converted = await Converted.OfAsync(path, CheckpointEngine.Containerd);

        Assert.Equal([("/", 0u), ("/run/secrets/kubernetes.io/serviceaccount", 1u)], converted.Image("mountpoints-5.img", "MNTS").Select(mount => ((string)mount.Find("mountpoint")!, (uint)mount.Find("parent_mnt_id")!)));
    }

    [Fact]
    public async Task A_mount_of_the_source_runtime_with_an_open_file_is_refused()
    {
        var path = Builder(CriOSpec(), Root, External(3, "/run/.containerenv", 1))
            .Files(new FileEntry { Type = FdTypes.Reg, Id = 1, Reg = new RegFileEntry { Id = 1, Name = "/run/.containerenv", MntId = 3 } }).Save(_folder);
        var refusal = await Converted.RefusalAsync(path, CheckpointEngine.Containerd);

        Assert.Equal("MountNotConvertible", refusal.ErrorId);
        Assert.Contains("'/run/.containerenv' has an open file", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shared_memory_is_converted_to_a_tmpfs_of_the_container()
    {
        var shared = new TarBuilder().Add("./", [], '5').Add("hello", "shm").End();
        var path = Builder(PodmanSpec, Root, External(3, "/dev/shm", 1, 428)).Member("devshm-checkpoint.tar", shared).Save(_folder);
        using var converted = await Converted.OfAsync(path, CheckpointEngine.CriO);

        Assert.Null(converted.Image("mountpoints-5.img", "MNTS")[1].Find("ext_key"));
        Assert.Equal(shared, Gunzip(converted["checkpoint/tmpfs-dev-428.tar.gz.img"]));
    }

    [Fact]
    public async Task Empty_shared_memory_is_that_of_the_pod()
    {
        var path = Builder(PodmanSpec, Root, External(3, "/dev/shm", 1, 428)).Member("devshm-checkpoint.tar", new TarBuilder().Add("./", [], '5').End()).Save(_folder);
        using var converted = await Converted.OfAsync(path, CheckpointEngine.CriO);

        Assert.False(converted.Has("checkpoint/mountpoints-5.img"));
    }

    [Theory]
    [InlineData("cri-o", CheckpointEngine.Containerd, "crio-default", "cri-containerd.apparmor.d")]
    [InlineData("", CheckpointEngine.CriO, "cri-containerd.apparmor.d", "crio-default")]
    [InlineData("libpod", CheckpointEngine.CriO, "containers-default-0.64.1", "crio-default")]
    [InlineData("cri-o", CheckpointEngine.Containerd, "my-own", null)]
    public async Task Processes_are_confined_by_the_profile_of_the_new_runtime(string manager, CheckpointEngine target, string profile, string? wanted)
    {
        var path = Confined(manager, profile).Save(_folder);
        using var converted = await Converted.OfAsync(path, target);

        if (wanted is null)
            Assert.False(converted.Has("checkpoint/core-1.img"));
        else
            Assert.Equal(wanted, ((CriuObject)((CriuObject)converted.Image("core-1.img", "CORE").Single().Find("thread_core")!).Find("creds")!).Find("lsm_profile"));
    }

    [Fact]
    public async Task Podman_is_not_given_a_profile_it_does_not_have()
    {
        var refusal = await Assert.ThrowsAsync<KubeCheckpointException>(() => ConvertedWithId(Confined("cri-o", "crio-default").Save(_folder)));

        Assert.Equal("ConfinementNotConvertible", refusal.ErrorId);
    }

    [Theory]
    [InlineData("its processes are in a user namespace", 9u, 3u, 4u, 5u, CheckpointEngine.CriO)]
    [InlineData("PID namespace of the host", 2u, 1u, 4u, 5u, CheckpointEngine.CriO)]
    [InlineData("IPC namespace of the host", 2u, 3u, 1u, 5u, CheckpointEngine.Containerd)]
    [InlineData("UTS namespace of the host", 2u, 3u, 4u, 1u, CheckpointEngine.CriO)]
    public async Task Namespaces_of_the_host_are_refused_by_name(string reason, uint user, uint pid, uint ipc, uint uts, CheckpointEngine target)
    {
        var path = new CheckpointBuilder(PodmanSpec)
            .Image("inventory", "INVENTORY", new InventoryEntry { ImgVersion = 2, RootIds = new TaskKobjIdsEntry { UserNsId = 2, PidNsId = 1, IpcNsId = 1, UtsNsId = 1, NetNsId = 1 } })
            .Tree(1).Image("ids-1", "IDS", new TaskKobjIdsEntry { UserNsId = user, PidNsId = pid, IpcNsId = ipc, UtsNsId = uts, NetNsId = 6 }).Save(_folder);
        var refusal = await Converted.RefusalAsync(path, target);

        Assert.Equal("NamespaceNotConvertible", refusal.ErrorId);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Processes_in_several_networks_are_refused()
    {
        var path = new CheckpointBuilder(PodmanSpec)
            .Image("inventory", "INVENTORY", new InventoryEntry { ImgVersion = 2, RootIds = new TaskKobjIdsEntry { NetNsId = 1 } })
            .Tree(1, 2).Image("ids-1", "IDS", new TaskKobjIdsEntry { NetNsId = 6 }).Image("ids-2", "IDS", new TaskKobjIdsEntry { NetNsId = 7 }).Save(_folder);

        Assert.Contains("more than one network", (await Converted.RefusalAsync(path, CheckpointEngine.CriO)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shared_pid_namespace_is_for_pods_only()
    {
        var path = new CheckpointBuilder(CriOSpec())
            .Image("inventory", "INVENTORY", new InventoryEntry { ImgVersion = 2, RootIds = new TaskKobjIdsEntry { PidNsId = 1 } })
            .Tree(1).Image("ids-1", "IDS", new TaskKobjIdsEntry { PidNsId = 9 }).Image("pidns-9", "PIDNS", new PidnsEntry { ExtKey = "extRootPidNS" }).Save(_folder);

        using (await Converted.OfAsync(path, CheckpointEngine.Containerd))
        {
        }
        Assert.Equal("NamespaceNotConvertible", (await Assert.ThrowsAsync<KubeCheckpointException>(() => ConvertedWithId(path))).ErrorId);
    }

    [Fact]
    public async Task A_terminal_is_not_for_crio()
    {
        var path = new CheckpointBuilder("""{"annotations":{"io.kubernetes.cri.container-name":"c"},"process":{"terminal":true}}""").Tree().Save(_folder);

        Assert.Equal("TerminalNotConvertible", (await Converted.RefusalAsync(path, CheckpointEngine.CriO)).ErrorId);
        using (await Converted.OfAsync(path, CheckpointEngine.Podman))
        {
        }
    }

    [Fact]
    public async Task Later_images_and_increments_are_refused()
    {
        var late = new CheckpointBuilder(CriOSpec()).Image("inventory", "INVENTORY", new InventoryEntry { ImgVersion = 4 }).Tree().Save(_folder);
        Assert.Equal("ImageVersionNotConvertible", (await Converted.RefusalAsync(late, CheckpointEngine.Containerd)).ErrorId);

        var increment = _folder.Write("i.tar", new TarBuilder().Add("config.dump", TarBuilder.Config).Add("spec.dump", PodmanSpec).Add("checkpoint/parent", "", '2').End());
        Assert.Equal("IncrementalNotConvertible", (await Converted.RefusalAsync(increment, CheckpointEngine.CriO)).ErrorId);
    }

    [Theory]
    [InlineData("\"namedVolumes\":[{\"volumeName\":\"data\",\"dest\":\"/d\"}]", "VolumeNotConvertible", "'data' at '/d'")]
    [InlineData("\"secrets\":[{\"name\":\"key\"}]", "SecretNotConvertible", "'key'")]
    public async Task Volumes_with_content_and_secrets_of_podman_are_refused(string field, string errorId, string name)
    {
        var path = _folder.Write("v.tar", new TarBuilder().Add("config.dump", TarBuilder.Config[..^1] + "," + field + "}").Add("spec.dump", PodmanSpec)
            .Add("checkpoint/pstree.img", CriuImageBytes.Of(CriuImageType.Pstree)).Add("volumes/data.tar", new TarBuilder().Add("file", "x").End()).End());
        var refusal = await Converted.RefusalAsync(path, CheckpointEngine.CriO);

        Assert.Equal(errorId, refusal.ErrorId);
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_volume_whose_content_was_left_out_is_one_the_pod_must_have()
    {
        var spec = """{"annotations":{"io.container.manager":"libpod"},"mounts":[{"destination":"/d","type":"bind","source":"/var/lib/containers/storage/volumes/data/_data"},{"destination":"/t","type":"tmpfs","source":"tmpfs"},{"destination":"/run/.containerenv","type":"bind","source":"/run/containers/storage/overlay-containers/x/userdata/.containerenv"}]}""";
        var path = _folder.Write("v.tar", new TarBuilder().Add("config.dump", TarBuilder.Config[..^1] + ",\"namedVolumes\":[{\"volumeName\":\"data\",\"dest\":\"/d\"}]}").Add("spec.dump", spec)
            .Add("checkpoint/pstree.img", CriuImageBytes.Of(CriuImageType.Pstree)).End());
        using var converted = await Converted.OfAsync(path, CheckpointEngine.CriO);

        Assert.Equal([new NeededMount("/d", MountOrigin.Node, NodePath: "/var/lib/containers/storage/volumes/data/_data")], converted.Conversion.Needs!.Mounts);
        Assert.Equal(["/d", "/run/.containerenv"], converted.Json("spec.dump")["mounts"]!.AsArray().Select(mount => (string?)mount!["destination"]));
    }

    [Theory]
    [InlineData("podman-counter-none.tar", CheckpointEngine.CriO, "localhost/counter:1")]
    [InlineData("containerd-counter.tar", CheckpointEngine.Podman, "-BaseImageId")]
    public async Task A_base_image_that_the_target_cannot_find_must_be_given(string fixture, CheckpointEngine target, string hint)
    {
        var refusal = await Converted.RefusalAsync(Fixture.PathOf(fixture), target, withBase: false);

        Assert.Equal("BaseImageUnknown", refusal.ErrorId);
        Assert.Contains(hint, refusal.Message + refusal.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spec.dump", """{"annotations":{"io.container.manager":"cri-o"},"mounts":{}}""")]
    [InlineData("spec.dump", """{"annotations":{"io.container.manager":"cri-o"},"mounts":[5]}""")]
    [InlineData("spec.dump", """{"annotations":{"io.container.manager":"cri-o"},"mounts":[{"destination":[]}]}""")]
    [InlineData("spec.dump", """{"annotations":{"io.container.manager":"cri-o"},"linux":[]}""")]
    [InlineData("spec.dump", """{"annotations":{"io.container.manager":"cri-o"},"linux":{"maskedPaths":5}}""")]
    [InlineData("spec.dump", """{"annotations":{"io.container.manager":"cri-o"},"mounts":[],"mounts":[]}""")]
    [InlineData("config.dump", """{"name":"c","rootfsImageName":"\ud800"}""")]
    [InlineData("config.dump", """[]""")]
    [InlineData("bind.mounts", """[{"destination":5}]""", CheckpointEngine.Podman)]
    [InlineData("bind.mounts", """{"a":5}""", CheckpointEngine.Podman)]
    public async Task Documents_of_other_types_are_refused_with_their_name(string member, string content, CheckpointEngine target = CheckpointEngine.Containerd)
    {
        using var archive = new EditedArchive("crio-counter.tar", (name, old) => name == member ? Encoding.UTF8.GetBytes(content) : old);
        var refusal = await Converted.RefusalAsync(archive.Path, target);

        Assert.Equal("ArchiveMemberInvalid", refusal.ErrorId);
        Assert.Contains(member, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("checkpoint/files.img")]
    [InlineData("checkpoint/mountpoints-13.img")]
    [InlineData("checkpoint/pstree.img")]
    [InlineData("checkpoint/inventory.img")]
    public async Task Damage_in_an_image_is_reported_with_its_name(string member)
    {
        var random = new Random(1);
        for (var i = 0; i < 40; i++)
        {
            using var archive = new EditedArchive("crio-counter.tar", (name, old) => name == member ? Damaged(old, random) : old);
            try
            {
                using var converted = await Converted.OfAsync(archive.Path, CheckpointEngine.Containerd);
            }
            catch (KubeCheckpointException failure)
            {
                Assert.Contains(archive.Path, failure.Message, StringComparison.Ordinal);
            }
        }
        using var cut = new EditedArchive("crio-counter.tar", (name, old) => name == member ? old[..^1] : old);
        var refusal = await Converted.RefusalAsync(cut.Path, CheckpointEngine.Containerd);
        Assert.Equal("CriuImageDamaged", refusal.ErrorId);
        Assert.Contains(member, refusal.Message, StringComparison.Ordinal);
    }

    private static byte[] Damaged(byte[] image, Random random)
    {
        var copy = (byte[])image.Clone();
        copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        return random.Next(4) == 0 ? copy[..random.Next(copy.Length)] : copy;
    }

    private const string PodmanSpec = """{"annotations":{"io.container.manager":"libpod"}}""";

    private static string CriOSpec(string linux = "{}") => $$"""{"annotations":{"io.container.manager":"cri-o","io.kubernetes.cri-o.Metadata":"{\"name\":\"c\"}"},"linux":{{linux}}}""";

    private static MntEntry Root => new() { Fstype = 17, MntId = 1, RootDev = 400, ParentMntId = 0, Flags = 0, Root = "/", Mountpoint = "/", Source = "overlay", Options = "" };

    private static MntEntry Dev => new() { Fstype = 5, MntId = 2, RootDev = 470, ParentMntId = 1, Flags = 16777218, Root = "/", Mountpoint = "/dev", Source = "tmpfs", Options = "size=65536k", SbFlags = 0 };

    private static MntEntry External(uint id, string path, uint parent, uint device = 7) => new()
    {
        Fstype = 5,
        MntId = id,
        RootDev = device,
        ParentMntId = parent,
        Flags = 0,
        Root = "/x",
        Mountpoint = path,
        Source = "s",
        Options = "",
        ExtKey = path,
    };

    private static CheckpointBuilder Builder(string spec, params MntEntry[] mounts) =>
        new CheckpointBuilder(spec).Tree(1).Image("ids-1", "IDS", new TaskKobjIdsEntry { MntNsId = 5 }).Image("mountpoints-5", "MNTS", [.. mounts]);

    private string Checkpoint(string spec, params MntEntry[] mounts) => Builder(spec, mounts).Files().Save(_folder);

    private static CheckpointBuilder Confined(string manager, string profile) =>
        new CheckpointBuilder(manager.Length == 0 ? TarBuilder.Spec : $$$"""{"annotations":{"io.container.manager":"{{{manager}}}"}}""")
            .Image("inventory", "INVENTORY", new InventoryEntry { ImgVersion = 2, Lsmtype = Lsmtype.Apparmor })
            .Tree(1).Image("ids-1", "IDS", new TaskKobjIdsEntry { MntNsId = 5 })
            .Image("core-1", "CORE", new CoreEntry { ThreadCore = new ThreadCoreEntry { Creds = new CredsEntry { LsmProfile = profile } } });

    private static async Task<Converted> ConvertedWithId(string path)
    {
        var archive = await KubeCheckpoint.Archives.Summaries.CheckpointArchiveReader.ReadAsync(path, CancellationToken.None);
        return Converted.Of(archive, new KubeCheckpoint.Images.Conversion.ConversionRequest(archive, CheckpointEngine.Podman) { BaseImageId = "sha256:" + Id });
    }

    private static IEnumerable<uint> IdsOf(CriuObject ids) => ids.Properties.ToArray().Select(property => property.Value).OfType<uint>();

    private static byte[] Gunzip(byte[] content)
    {
        using var gzip = new System.IO.Compression.GZipStream(new MemoryStream(content), System.IO.Compression.CompressionMode.Decompress);
        using var result = new MemoryStream();
        gzip.CopyTo(result);
        return result.ToArray();
    }
}
