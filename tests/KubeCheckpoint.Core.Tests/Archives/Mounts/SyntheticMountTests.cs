using System.Text;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.Mounts;

/// <summary>Mounts that are in no real archive of the tests, and invalid descriptions.</summary>
public sealed class SyntheticMountTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, "", null)]
    [InlineData(0, "xfs", "xfs")]
    [InlineData(16, "btrfs", "btrfs")]
    [InlineData(16, "", null)]
    [InlineData(5, "lie", "tmpfs")]
    [InlineData(19, "", "tracefs")]
    [InlineData(23, "", "cgroup2")]
    [InlineData(24, "", null)]
    [InlineData(uint.MaxValue, "future", "future")]
    public void File_systems_have_names(uint number, string name, string? type) =>
        Assert.Equal(type, ReadOne(new MntEntry { Fstype = number, Fsname = name }).Type);

    [Theory]
    [InlineData(0, 0, 0, "private", null, null)]
    [InlineData(1 << 17, 0, 0, "unbindable", null, null)]
    [InlineData(0, 5, 0, "shared", 5L, null)]
    [InlineData(0, 0, 7, "slave", null, 7L)]
    [InlineData(0, 5, 7, "shared,slave", 5L, 7L)]
    public void Propagation_is_named_as_findmnt_does(uint flags, uint shared, uint master, string propagation, long? sharedId, long? masterId)
    {
        var mount = ReadOne(new MntEntry { Flags = flags, SharedId = shared, MasterId = master });

        Assert.Equal((propagation, sharedId, masterId), (mount.Propagation, mount.SharedId, mount.MasterId));
    }

    [Fact]
    public void Flags_have_names_and_unknown_ones_do_no_harm()
    {
        var mount = ReadOne(new MntEntry { Flags = uint.MaxValue, SbFlags = uint.MaxValue, Options = "a=1,,b", RootDev = uint.MaxValue, Deleted = true });

        Assert.Equal(["ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime", "nosymfollow"], mount.Options);
        Assert.Equal(["ro", "sync", "dirsync", "mand", "lazytime", "a=1", "b"], mount.FileSystemOptions);
        Assert.Equal(("4095:1048575", true, true), (mount.Device, mount.IsReadOnly, mount.Deleted));
    }

    [Theory]
    [InlineData(0u, 1u, true)]
    [InlineData(1u, 0u, true)]
    [InlineData(0u, 0u, false)]
    public void A_mount_is_writable_only_if_its_file_system_is(uint flags, uint fileSystemFlags, bool isReadOnly) =>
        Assert.Equal(isReadOnly, ReadOne(new MntEntry { Flags = flags, SbFlags = fileSystemFlags }).IsReadOnly);

    [Fact]
    public void Before_sb_flags_one_number_held_both() =>
        Assert.Equal(["ro", "sync"], ReadOne(new MntEntry { Flags = 0x11 }).FileSystemOptions);

    [Fact]
    public void Every_mount_namespace_with_a_process_is_read_and_no_other()
    {
        var mounts = MountTests.ReadPath(new CheckpointBuilder().Tree(1, 2, 3)
            .Image("ids-1", "IDS", new TaskKobjIdsEntry { MntNsId = 4 }).Image("ids-2", "IDS", new TaskKobjIdsEntry { MntNsId = 6 })
            .Image("mountpoints-4", "MNTS", new MntEntry { MntId = 2, Mountpoint = "/b" }, new MntEntry { MntId = 1, Mountpoint = "/a" })
            .Image("mountpoints-5", "MNTS", new MntEntry { MntId = 3, Mountpoint = "/stale" })
            .Image("mountpoints-6", "MNTS", new MntEntry { MntId = 4, Mountpoint = "/c" })
            .Save(_folder));

        Assert.Equal([("/a", 4L), ("/b", 4L), ("/c", 6L)], mounts.Select(mount => (mount.MountPoint, mount.MountNamespace)));
    }

    [Fact]
    public void The_log_names_file_systems_without_a_number_if_it_refers_to_that_mount()
    {
        const string Log = """
            (00.1) 	type ext4 source /dev/vda mnt_id 1 s_dev 0xfe00000 /x @ ./data flags 0x200000 options rw
            (00.2) 	type xfs source a b mnt_id 2 s_dev 0x2 /x @ ./b flags 0x200000 options
            (00.3) 	type evil source /dev/vda mnt_id 1 s_dev 0xfe00000 /x @ ./data flags 0x200000 options
            (00.4) 	type bad source q mnt_id 99999999999999999999 s_dev 0x0 /
            """;
        var mounts = MountTests.ReadPath(WithMounts(new MntEntry { MntId = 2, RootDev = 3 }, new MntEntry { MntId = 1, RootDev = 254 << 20 })
            .Member("dump.log", Encoding.UTF8.GetBytes(Log)).Save(_folder));

        Assert.Equal(["ext4", null], mounts.Select(mount => mount.Type));
    }

    [Theory]
    [InlineData("""{"mounts":[{"destination":"/data/","type":"bind","source":"/old"},{"destination":"/data","type":"bind","source":"/host"}]}""", "/host")]
    [InlineData("""{"mounts":[{"destination":"/data","source":"/host"}]}""", "/host")]
    [InlineData("""{"mounts":[{"destination":"/data","type":"tmpfs","source":"tmpfs"}]}""", null)]
    [InlineData("""{"mounts":[{"type":"bind"},{}]}""", null)]
    [InlineData("""{"mounts":null}""", null)]
    [InlineData("{}", null)]
    public void The_path_on_the_node_is_that_of_the_specification(string spec, string? path) => Assert.Equal(path, ReadSpec(spec).HostPath);

    [Theory]
    [InlineData("""{"mounts":{}}""", "'mounts'")]
    [InlineData("""{"mounts":[5]}""", "'mounts'")]
    [InlineData("""{"mounts":[{"destination":5}]}""", "'mounts.destination'")]
    [InlineData("""{"mounts":[{"source":"\ud800"}]}""", "half of a surrogate pair")]
    [InlineData("[", "not JSON")]
    public void A_specification_that_cannot_be_understood_is_refused(string spec, string words)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => ReadSpec(spec));

        Assert.Equal("ArchiveMemberInvalid", failure.ErrorId);
        Assert.Contains("member 'spec.dump' at offset", failure.Message, StringComparison.Ordinal);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    private static CheckpointBuilder WithMounts(params MntEntry[] mounts) => Fill(new CheckpointBuilder(), mounts);

    private static CheckpointBuilder Fill(CheckpointBuilder builder, params MntEntry[] mounts) =>
        builder.Tree(1).Task(1, 1).Image("mountpoints-1", "MNTS", [.. mounts]);

    private CheckpointMount ReadOne(MntEntry mount) => Assert.Single(MountTests.ReadPath(WithMounts(mount).Save(_folder)));

    private CheckpointMount ReadSpec(string spec) =>
        Assert.Single(MountTests.ReadPath(Fill(new CheckpointBuilder(spec), new MntEntry { Mountpoint = "/data" }).Save(_folder)));
}
