using System.Text.Json;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Mounts;
using KubeCheckpoint.Archives.OpenFiles;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Documents;

namespace KubeCheckpoint.Core.Tests.Images.Conversion;

/// <summary>Converts the real archives for each runtime.</summary>
public sealed class ConversionFixtureTests
{
    // Without the container's log and its changed files. In Podman's archives, spec.dump has some 20 KiB of seccomp rules.
    private const int LargestOverlay = 96 * 1024;

    public static TheoryData<string, CheckpointEngine> All
    {
        get
        {
            var data = new TheoryData<string, CheckpointEngine>();
            foreach (var fixture in Fixture.Archives)
            {
                foreach (var target in Enum.GetValues<CheckpointEngine>())
                    data.Add(fixture, target);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_overlay_is_small_always_the_same_and_has_no_path_twice(string fixture, CheckpointEngine target)
    {
        using var converted = await Converted.OfAsync(Fixture.PathOf(fixture), target);
        using var again = await Converted.OfAsync(Fixture.PathOf(fixture), target);
        if (EngineOf(fixture) == target)
        {
            Assert.Null(converted.Conversion.Overlay);
            return;
        }

        var overlay = converted.Conversion.Overlay!;
        Assert.Equal(overlay.Descriptor, again.Conversion.Overlay!.Descriptor);
        Assert.Equal(overlay.Descriptor.Size, overlay.Source.Length);
        Assert.Equal(converted.Overlay.Count, converted.Overlay.DistinctBy(member => member.Name).Count());
        var carried = converted.Overlay.Where(member => member.Name is "container.log" or "io.kubernetes.cri-o.LogPath" or "rootfs-diff.tar").Sum(member => member.Content.Length);
        Assert.InRange(overlay.Descriptor.Size - carried, 1024, LargestOverlay);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task The_runtime_sees_an_archive_of_its_own_format(string fixture, CheckpointEngine target)
    {
        using var converted = await Converted.OfAsync(Fixture.PathOf(fixture), target);
        var original = await Images.ReadAsync(fixture);
        var merged = converted.Merge();

        var seen = await CheckpointArchiveReader.ReadAsync(merged, CancellationToken.None);
        Assert.Equal(target, seen.Engine);
        Assert.Equal(original.ContainerId, seen.ContainerId);
        Assert.Equal(original.MemorySize, seen.MemorySize);
        if (target != CheckpointEngine.Podman && original.Engine != CheckpointEngine.Podman)
            Assert.Equal((original.ContainerName, original.PodName, original.Namespace, original.PodUid), (seen.ContainerName, seen.PodName, seen.Namespace, seen.PodUid));
        Assert.Equal(
            CheckpointProcessReader.Read(Fixture.PathOf(fixture), new ProcessQuery(), CancellationToken.None).Select(process => process.CommandLine),
            CheckpointProcessReader.Read(merged, new ProcessQuery(), CancellationToken.None).Select(process => process.CommandLine));
        Assert.Equal(
            OpenFileReader.Read(Fixture.PathOf(fixture), (_, _) => true, CancellationToken.None).Select(file => (file.ProcessId, file.Descriptor, file.Target)),
            OpenFileReader.Read(merged, (_, _) => true, CancellationToken.None).Select(file => (file.ProcessId, file.Descriptor, file.Target)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Only_the_mode_of_the_root_and_the_machines_namespace_change_in_open_files(string fixture, CheckpointEngine target)
    {
        using var converted = await Converted.OfAsync(Fixture.PathOf(fixture), target);
        if (!converted.Has("checkpoint/files.img"))
        {
            Assert.True(EngineOf(fixture) == target || fixture.Contains("zoo", StringComparison.Ordinal) || !HasRoot(converted));
            return;
        }

        var before = converted.Original("files.img", "FILES");
        var after = converted.Image("files.img", "FILES");
        Assert.Equal(before.Count, after.Count);
        var changes = 0;
        foreach (var (old, changed) in before.Zip(after))
        {
            if (Converted.Text(old) == Converted.Text(changed))
                continue;
            changes++;
            if (old.Find("reg") is CriuObject regular)
            {
                Assert.Equal("/", regular.Find("name"));
                Assert.True(regular.Remove("mode"));
            }
            else if (old.Find("isk") is CriuObject socket)
            {
                Assert.Equal(2u, socket.Find("ns_id"));
                socket.Set("ns_id", ((CriuObject)changed.Find("isk")!).Find("ns_id")!);
            }
            Assert.Equal(Converted.Text(old), Converted.Text(changed));
        }
        Assert.NotEqual(0, changes);
        Assert.DoesNotContain(after, file => file.Find("reg") is CriuObject regular && regular.Find("name") is "/" && regular.Find("mode") is not null);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Mounts_are_the_same_except_masks_and_mounts_of_the_source_runtime(string fixture, CheckpointEngine target)
    {
        if (EngineOf(fixture) == target)
            return;
        using var converted = await Converted.OfAsync(Fixture.PathOf(fixture), target);
        var before = MountReader.Read(Fixture.PathOf(fixture), CancellationToken.None).ToList();
        var after = MountReader.Read(converted.Merge(), CancellationToken.None).ToList();

        var dropped = before.Select(mount => mount.MountPoint).Except(after.Select(mount => mount.MountPoint)).Order(StringComparer.Ordinal);
        Assert.Equal(ExpectedDrops(fixture, target), dropped);
        foreach (var mount in after)
        {
            var old = before.Single(other => other.MountId == mount.MountId);
            if (old.ExternalKey == "/dev/null")
                Assert.Equal(("/null", before.Single(other => other.MountPoint == "/dev").Device, null), (mount.Root, mount.Device, mount.ExternalKey));
            else
                Assert.Equal(Json(old), Json(mount));
        }
        Assert.Empty(KeysWithoutSource(after, target, converted.Conversion.Needs));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Changed_files_are_the_same_afterwards(string fixture, CheckpointEngine target)
    {
        using var converted = await Converted.OfAsync(Fixture.PathOf(fixture), target);

        Assert.Equal(Summary(Fixture.PathOf(fixture)), Summary(converted.Merge()));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task The_overlay_has_only_known_members(string fixture, CheckpointEngine target)
    {
        using var converted = await Converted.OfAsync(Fixture.PathOf(fixture), target);
        string[] known = target switch
        {
            CheckpointEngine.CriO => ["config.dump", "spec.dump", "io.kubernetes.cri-o.LogPath", "rootfs-diff.tar", "deleted.files"],
            CheckpointEngine.Containerd => ["config.dump", "spec.dump", "status.dump", "container.log", "rootfs-diff.tar"],
            _ => ["config.dump", "spec.dump", "rootfs-diff.tar", "deleted.files", "volumes/multi-a-scratch.tar"],
        };

        string[] images = ["files.img", "mountpoints-", "netns-", "ids-"];
        Assert.DoesNotContain(converted.Overlay, member => !known.Contains(member.Name) && !images.Any(image => member.Name.StartsWith("checkpoint/" + image, StringComparison.Ordinal)));
    }

    private static CheckpointEngine EngineOf(string fixture) => fixture switch
    {
        _ when fixture.Contains("crio", StringComparison.Ordinal) => CheckpointEngine.CriO,
        _ when fixture.Contains("containerd", StringComparison.Ordinal) => CheckpointEngine.Containerd,
        _ => CheckpointEngine.Podman,
    };

    private static bool HasRoot(Converted converted) =>
        converted.Original("files.img", "FILES").Exists(file => file.Find("reg") is CriuObject regular && regular.Find("name") is "/");

    private static string[] ExpectedDrops(string fixture, CheckpointEngine target) => target switch
    {
        CheckpointEngine.Containerd => ["/run/.containerenv"],
        CheckpointEngine.Podman when fixture.Contains("redis", StringComparison.Ordinal) => ["/dev/termination-log", "/var/run/secrets/kubernetes.io/serviceaccount"],
        CheckpointEngine.Podman => ["/dev/termination-log"],
        _ => [],
    };

    // spec.dump records where on the node a mount came from.
    private static string Json(CheckpointMount mount) => JsonSerializer.Serialize(mount with { ArchivePath = "", HostPath = null });

    // The mounts for which CRIU would print "No mapping for ... mountpoint".
    private static IEnumerable<string> KeysWithoutSource(IEnumerable<CheckpointMount> mounts, CheckpointEngine target, RestoreNeeds? needs)
    {
        string[] common = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/shm", "/scratch"];
        string[] own = target == CheckpointEngine.Containerd ? ["/dev/termination-log"] : ["/dev/termination-log", "/run/.containerenv"];
        return mounts.Select(mount => mount.ExternalKey).OfType<string>()
            .Where(key => !key.StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal))
            .Except(common).Except(own).Except((needs?.Mounts ?? []).Select(mount => mount.MountPath));
    }

    // Without folders around a change, which only containerd lists, and without which changes are new files, which containerd does not record.
    // An archive of CRI-O keeps its deleted.files, which containerd ignores.
    private static List<string> Summary(string path) =>
    [
        .. FileChangeReader.Read(path, CancellationToken.None)
            .Where(change => change.Type != CheckpointFileType.Directory)
            .Select(change => $"{change.Path} {(change.Change == FileChangeKind.Deleted ? "deleted" : "there")} {change.Type} {change.Size} {change.Mode} {change.UserId} {change.LinkTarget}")
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];
}
