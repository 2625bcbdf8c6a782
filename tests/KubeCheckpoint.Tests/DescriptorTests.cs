using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests;

/// <summary>Get-CheckpointOpenFile, Get-CheckpointSocket and Get-CheckpointMount through the engine.</summary>
public sealed class DescriptorTests : IDisposable
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "archives");
    private static readonly string Zoo = Path.Combine(Folder, "zoo-crio.tar");

    private readonly ModuleSession _session = new();

    public static TheoryData<string> Names => ["Get-CheckpointOpenFile", "Get-CheckpointSocket", "Get-CheckpointMount"];

    public void Dispose() => _session.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Takes_paths_archives_and_files_alike(string name)
    {
        var byPath = Texts(_session.Run($"{name} $args[0]", Zoo));

        Assert.NotEmpty(byPath);
        Assert.Equal(byPath, Texts(_session.Run($"Get-CheckpointArchive $args[0] | {name}", Zoo)));
        Assert.Equal(byPath, Texts(_session.Run($"{name} -LiteralPath $args[0]", Zoo)));
        Assert.Equal(byPath, Texts(_session.Run($"$args[0] | {name}", Zoo)));
        Assert.Equal(byPath, Texts(_session.Run($"{name} $args[0]", Path.Combine(Folder, "zoo*.tar"))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Goes_on_after_an_archive_that_is_none(string name)
    {
        // Text in place of an archive.
        var none = Zoo + ".crit-x.txt";

        var outcome = _session.Run($"{name} $args[0], $args[1]", none, Zoo);

        Assert.Equal("NotAnArchive", outcome.ErrorId);
        Assert.NotEmpty(outcome.Output);
        Assert.All(outcome.Output, item => Assert.Equal(Zoo, item.Properties["ArchivePath"].Value));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Ends_when_a_cmdlet_further_down_has_enough(string name) =>
        Assert.Single(_session.Run($"foreach ($once in 1) {{ {name} $args[0] | ForEach-Object {{ $_; break }} }}", Path.Combine(Folder, "*.tar*")).Output);

    [Theory]
    [InlineData("-Id 8", "8")]
    [InlineData("-Id 8, 10", "8 10")]
    [InlineData("-Name zoo-e*, GHOST*", "9 10")]
    [InlineData("-Id 1 -Name ghost*", "")]
    public void Processes_are_chosen_by_id_and_name(string parameters, string ids)
    {
        foreach (var name in new[] { "Get-CheckpointOpenFile", "Get-CheckpointSocket" })
        {
            var found = _session.Run($"{name} $args[0] {parameters}", Zoo).Objects.Select(item => item.Properties["ProcessId"].Value).Distinct();
            Assert.Equal(ids, string.Join(' ', found));
        }
    }

    [Fact]
    public void Mounts_are_chosen_by_mount_point()
    {
        var mounts = _session.Run("Get-CheckpointMount $args[0] -MountPoint /etc/*, /dev/shm", Zoo).Objects;

        Assert.Equal(["/dev/shm", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts"], mounts.Select(mount => mount.ToString()));
        Assert.Equal(["/etc/hostname", "/etc/hosts"], _session.Complete($"Get-CheckpointMount '{Zoo}' -MountPoint /etc/ho"));
    }

    [Theory]
    [InlineData("Get-CheckpointOpenFile", "PID +PROCESS +FD +TYPE +ACCESS +TARGET", " 1 +zoo-main +9 +Fifo +ReadWrite +/run/zoo/fifo 9 bytes waiting")]
    [InlineData("Get-CheckpointSocket", "PID +PROCESS +FD +TYPE +STATE +LOCAL +PEER", " 1 +zoo-main +22 +UDP +CLOSE +\\[::1\\]:9304 +\\*")]
    [InlineData("Get-CheckpointMount", "MOUNTPOINT +TYPE +READONLY +HOSTPATH", "/etc/hosts +ext4 +no +/var/lib/kubelet/pods/")]
    public void Views_read_like_ss_and_mount(string name, string heads, string row)
    {
        using var output = new StringWriter();
        using var session = new ModuleSession(output: output);

        Assert.Empty(session.Run($"{name} $args[0] | Out-Host", Zoo).Objects);

        Assert.Matches(heads, output.ToString());
        Assert.Matches(row, output.ToString());
    }

    private static IEnumerable<string> Texts(Outcome outcome) => outcome.Objects.Select(item => item.ToString());
}
