using System.Formats.Tar;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Get-CheckpointFileChange as users type it.</summary>
public sealed class GetCheckpointFileChangeTests : IDisposable
{
    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("", 6)]
    [InlineData("-FilePath /etc/*", 2)]
    [InlineData("etc/*", 2)]
    [InlineData("-FilePath f, count", 2)]
    [InlineData("/DATA/*", 2)]
    [InlineData("-FilePath /etc", 0)]
    public void Files_are_chosen_by_path_or_by_name(string arguments, int count) =>
        Assert.Equal(count, _session.Run($"Get-CheckpointFileChange $args[0] {arguments}", Fixture.Archive("crio-counter.tar")).Objects.Count);

    [Fact]
    public void Takes_archives_from_the_pipeline_and_continues_after_a_failure()
    {
        var outcome = _session.Run("Get-CheckpointArchive $args | Get-CheckpointFileChange -FilePath deleteme; Get-CheckpointFileChange no.tar, $args[0] count", Fixture.Archive("crio-counter.tar"), Fixture.Archive("containerd-counter.tar"));

        Assert.Equal("PathMatchesNothing", outcome.ErrorId);
        Assert.Equal(["/etc/deleteme", "/etc/deleteme", "/www/count"], outcome.Output.Select(change => change.Properties["Path"].Value));
        Assert.Equal(["crio-counter.tar", "containerd-counter.tar", "crio-counter.tar"], outcome.Output.Select(change => Path.GetFileName((string)change.Properties["ArchivePath"].Value)));
    }

    [Fact]
    public void Is_shown_like_ls()
    {
        var lines = _session.Show("Get-CheckpointFileChange $args[0] /srv/newdir*, *gone", Fixture.Archive("zoo-crio.tar"));

        Assert.Equal($"   Archive: {Fixture.Archive("zoo-crio.tar")}", lines[1]);
        Assert.Equal("CHANGE   UNIXMODE   OWNER           SIZE MODIFIED         PATH", lines[3]);
        Assert.Equal("Added    -rw-r----- 0:0              6 B 2026-11-23 07:36 /srv/newdir/inner.txt", lines[6]);
        Assert.Equal("Added    lrwxrwxrwx 0:0                  2026-11-23 07:36 /srv/newdir/link -> ../zoo-new.txt", lines[7]);
        Assert.Equal("Deleted                                                   /opt/gone", lines[8]);
    }

    [Fact]
    public void Capabilities_and_extended_attributes_are_shown()
    {
        var folder = Directory.CreateTempSubdirectory("kubecheckpoint-test-").FullName;
        try
        {
            var archive = Path.Combine(folder, "a.tar");
            File.WriteAllBytes(archive, Tar("rootfs-diff.tar", Tar("bin/ping", "ping"u8.ToArray(), new()
            {
                // VFS_CAP_REVISION_2 and effective, CAP_NET_RAW permitted.
                ["SCHILY.xattr.security.capability"] = "\u0001\0\0\u0002\0\u0020" + new string('\0', 14),
                ["SCHILY.xattr.user.origin"] = "\u001b[2Jhere",
            })));

            Assert.EndsWith(" /bin/ping cap_net_raw=ep", _session.Show("Get-CheckpointFileChange $args[0]", archive).Single(line => line.Contains("ping", StringComparison.Ordinal)));
            var change = _session.Run("Get-CheckpointFileChange $args[0]", archive).Single;
            Assert.Equal("cap_net_raw=ep", change.Properties["Capability"].Value);
            Assert.Equal(
                ["security.capability=cap_net_raw=ep", "user.origin=\\u001b[2Jhere"],
                ((IEnumerable<object>)change.Properties["ExtendedAttributes"].Value).Select(attribute => attribute.ToString()));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The member, after a spec.dump.
    private static byte[] Tar(string name, byte[] content, Dictionary<string, string>? records = null)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            if (records is null)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "spec.dump") { DataStream = new MemoryStream("{}"u8.ToArray()) });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name, records ?? []) { DataStream = new MemoryStream(content) });
        }
        return bytes.ToArray();
    }

    [Fact]
    public void Completes_the_changed_files() =>
        Assert.Equal(["/etc/deleteme", "/etc/mtab"], _session.Complete($"Get-CheckpointFileChange '{Fixture.Archive("crio-counter.tar")}' -FilePath /etc/"));
}
