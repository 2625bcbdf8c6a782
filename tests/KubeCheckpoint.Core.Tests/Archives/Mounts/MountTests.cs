using KubeCheckpoint.Archives.Mounts;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Mounts;

/// <summary>Compares the mounts of real archives with /proc and checkpointctl.</summary>
public sealed class MountTests
{
    public static TheoryData<string> Archives => Fixture.Archives;

    public static TheoryData<string> WithTruth => Reference.WithTruth;

    [Theory]
    [MemberData(nameof(WithTruth))]
    public void Agree_with_proc(string archive)
    {
        var expected = Reference.Truth(archive).GetProperty("mountinfo").EnumerateArray().Select(line => line.GetString()!);

        Assert.Equal(expected, Read(archive).Select(Line));
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Agree_with_checkpointctl(string archive)
    {
        var mounts = Read(archive).ToDictionary(mount => mount.MountPoint);
        var asked = Reference.Inspect(archive).GetProperty("mounts").EnumerateArray().ToList();
        Assert.NotEmpty(asked);
        foreach (var mount in asked)
        {
            // checkpointctl shows the mounts that the runtime was asked for, in spec.dump; the archive has what the kernel made of them.
            var actual = mounts[mount.GetProperty("destination").GetString()!];
            var type = mount.GetProperty("type").GetString();
            var source = mount.GetProperty("source").GetString();
            if (type == "bind")
                Assert.Equal(source, actual.HostPath);
            else if (type == "cgroup")
                // With cgroup v1, the runtime creates a tmpfs with a mount for each controller in it.
                Assert.Equal(("tmpfs", true), (actual.Type, mounts.Values.Any(below => below.ParentId == actual.MountId && below.Type == "cgroup")));
            else
                Assert.Equal((type, source, null), (actual.Type, actual.Source, actual.HostPath));
        }
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Lie_on_one_another(string archive)
    {
        var mounts = Read(archive);
        var ids = mounts.Select(mount => mount.MountId).ToHashSet();

        Assert.Equal(mounts.Count, ids.Count);
        Assert.Equal("/", Assert.Single(mounts, mount => !ids.Contains(mount.ParentId)).MountPoint);
        Assert.All(mounts, mount => Assert.Equal("private", mount.Propagation));
    }

    [Fact]
    public void A_volume_is_recognised_by_its_path_on_the_node()
    {
        var hosts = Assert.Single(Read("zoo-crio.tar"), mount => mount.MountPoint == "/etc/hosts");

        Assert.Equal("/var/lib/kubelet/pods/ba7a406b-9cdd-4e7e-bc0e-16aababd912f/etc-hosts", hosts.HostPath);
        // CRIU has no number for ext4; the log names it.
        Assert.Equal(("ext4", "/dev/vda", "254:0", true, "/etc/hosts", false), (hosts.Type, hosts.Source, hosts.Device, hosts.IsExternal, hosts.ExternalKey, hosts.IsReadOnly));
    }

    internal static List<CheckpointMount> Read(string archive) => ReadPath(Fixture.PathOf(archive));

    internal static List<CheckpointMount> ReadPath(string path) => [.. MountReader.Read(path, CancellationToken.None)];

    // CRIU adds newinstance to the options of every devpts that is not the host's.
    private static string Line(CheckpointMount mount) =>
        $"{mount.MountId} {mount.ParentId} {mount.Device} {mount.Root} {mount.MountPoint} {string.Join(',', mount.Options)} - {mount.Type} {mount.Source} "
        + string.Join(',', mount.FileSystemOptions.Where(option => mount.Type != "devpts" || option != "newinstance"));
}
