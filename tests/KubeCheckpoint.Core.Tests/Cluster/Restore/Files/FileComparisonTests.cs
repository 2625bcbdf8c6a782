using System.Diagnostics;
using KubeCheckpoint.Cluster.Restore.Files;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Restore.Files;

/// <summary>What counts as a difference, and what the script says of real files in real shells.</summary>
public sealed class FileComparisonTests
{
    private const long Start = 2000;

    [Theory]
    [InlineData(nameof(ObservedKind.File), 5, 1000, 1999, null)]
    [InlineData(nameof(ObservedKind.File), 5, 1001, 2001, null)]
    [InlineData(nameof(ObservedKind.File), 6, 1000, 1999, RestoredFileProblem.OtherSize)]
    [InlineData(nameof(ObservedKind.File), 5, 900, 1999, RestoredFileProblem.OtherTime)]
    [InlineData(nameof(ObservedKind.Directory), 5, 1000, 1999, RestoredFileProblem.OtherType)]
    [InlineData(nameof(ObservedKind.Missing), 5, 1000, 1999, RestoredFileProblem.Missing)]
    // The process has written to it, replaced it, or removed it from its folder.
    [InlineData(nameof(ObservedKind.File), 6, 2100, 2100, null)]
    [InlineData(nameof(ObservedKind.Directory), 5, 2100, 2100, null)]
    [InlineData(nameof(ObservedKind.Missing), 5, 2100, 2100, null)]
    // It wrote to it within the second in which it was restored.
    [InlineData(nameof(ObservedKind.File), 6, 2000, 2000, null)]
    [InlineData(nameof(ObservedKind.File), 5, 1999, 2000, null)]
    public void A_difference_counts_where_nothing_has_changed_since(string kind, long size, long modified, long changed, RestoredFileProblem? problem)
    {
        var expected = new ExpectedFile("/data/f", CheckpointFileType.File, 5, DateTimeOffset.FromUnixTimeSeconds(1000));
        Assert.Equal(problem, FileComparison.Compare("c", expected, new ObservedFile(Enum.Parse<ObservedKind>(kind), size, modified, changed), Start)?.Problem);
    }

    [Theory]
    [InlineData(nameof(ObservedKind.File), CheckpointFileType.File, null)]
    [InlineData(nameof(ObservedKind.File), CheckpointFileType.HardLink, null)]
    [InlineData(nameof(ObservedKind.SymbolicLink), CheckpointFileType.SymbolicLink, null)]
    [InlineData(nameof(ObservedKind.Other), CheckpointFileType.Fifo, null)]
    [InlineData(nameof(ObservedKind.SymbolicLink), CheckpointFileType.File, RestoredFileProblem.OtherType)]
    [InlineData(nameof(ObservedKind.Missing), CheckpointFileType.Directory, RestoredFileProblem.Missing)]
    public void Without_stat_existence_and_type_count(string kind, CheckpointFileType type, RestoredFileProblem? problem)
    {
        var expected = new ExpectedFile("/data/f", type, 5, DateTimeOffset.UnixEpoch);
        Assert.Equal(problem, FileComparison.Compare("c", expected, new ObservedFile(Enum.Parse<ObservedKind>(kind), null, null, null), null)?.Problem);
    }

    [Theory]
    [InlineData("/tmp/x")]
    [InlineData("/run/app/app.sock")]
    [InlineData("/data/app.pid")]
    public void What_programs_remove_at_any_time_may_be_missing(string path) => Assert.Null(FileComparison.Compare(
        "c", new ExpectedFile(path, CheckpointFileType.File, 5, null), new ObservedFile(ObservedKind.Missing, 0, 1, 1), Start));

    [Theory]
    [InlineData("")]
    [InlineData("start 1 2 3\n")]
    [InlineData("start 1 2 3\nf 1 2 3\nf 1 2 3\n")]
    [InlineData("start 1 2 3\nx 1 2 3\n")]
    [InlineData("start 1 2 3\nf 1 2\n")]
    [InlineData("start 1 2 3\nf 99999999999999999999 2 3\n")]
    [InlineData("f 1 2 3\nf 1 2 3\n")]
    public void Other_output_is_not_used(string output) => Assert.Null(ObservedFiles.Parse(output, 1));

    [RequiresToolsTheory("busybox")]
    [InlineData("sh")]
    [InlineData("busybox sh")]
    public void The_script_tells_files_apart_in_any_shell(string shell)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("a b'\"$(x)", "12345"u8.ToArray());
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddSeconds(1000));
        var link = Path.Combine(folder.Path, "link");
        File.CreateSymbolicLink(link, "nowhere");
        string[] paths = [file, link, folder.Path, $"{folder.Path}/gone/too", "/dev/null", "/nothing"];

        string[] words = [.. shell.Split(' '), "-c", ObservedFiles.Script, "sh", .. paths];
        var observed = ObservedFiles.Parse(Tools.Run(words[0], words[1..]).Output, paths.Length);

        Assert.NotNull(observed);
        Assert.Equal(
            [ObservedKind.File, ObservedKind.SymbolicLink, ObservedKind.Directory, ObservedKind.Missing, ObservedKind.Other, ObservedKind.Missing],
            observed.Files.Select(one => one.Kind));
        Assert.Equal((5L, 1000L), (observed.Files[0].Size, observed.Files[0].ModifiedAt));
        Assert.Equal(observed.Files[2].ChangedAt, observed.Files[3].ChangedAt);
        var boot = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - Stopwatch.GetTimestamp() / Stopwatch.Frequency;
        Assert.True(observed.StartedAt is null || observed.StartedAt >= boot - 5, $"{observed.StartedAt} {boot}");
    }

    /// <summary>The functions of the helper pod look at the test itself, whose root is that of this machine.</summary>
    [RequiresToolsTheory("busybox")]
    [InlineData("sh")]
    [InlineData("busybox sh")]
    public void From_the_node_files_are_found_on_the_mount_of_the_root_only(string shell)
    {
        string[] paths = ["/etc/passwd", "/etc", "/proc/1/status", "/etc/../proc/1/status", "/no/such", "/etc/passwd/below"];
        var script = $"container_has() {{ :; }}\n{ObservedFiles.NodeFunctions}id=x\nc=/proc/{Environment.ProcessId}\n{ObservedFiles.NodeScript}";

        string[] words = [.. shell.Split(' '), "-c", script, "sh", .. paths];
        var observed = ObservedFiles.Parse(Tools.Run(words[0], words[1..]).Output, paths.Length);

        Assert.NotNull(observed);
        Assert.Equal(
            [ObservedKind.File, ObservedKind.Directory, ObservedKind.OtherMount, ObservedKind.OtherMount, ObservedKind.Missing, ObservedKind.Missing],
            observed.Files.Select(file => file.Kind));
        Assert.Equal(new FileInfo("/etc/passwd").Length, observed.Files[0].Size);
        Assert.Equal(observed.Files[1].ChangedAt, observed.Files[5].ChangedAt);
    }
}
