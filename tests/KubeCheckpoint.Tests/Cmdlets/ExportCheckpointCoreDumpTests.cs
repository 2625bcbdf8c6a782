using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Export-CheckpointCoreDump as users type it.</summary>
public sealed class ExportCheckpointCoreDumpTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-test-").FullName;

    public ExportCheckpointCoreDumpTests() => _session.Run("$ExecutionContext.SessionState.Path.SetLocation($args[0])", _folder);

    public void Dispose()
    {
        _session.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Writes_one_file_for_each_process_that_has_memory()
    {
        var dumps = _session.Run("Export-CheckpointCoreDump $args[0]", Fixture.Zoo).Objects;

        Assert.Equal(["1 zoo-main 4", "8 zoo-sleeper 1", "9 zoo-exec 1", "10 ghost-copy 1"], dumps.Select(dump => $"{Text(dump, "ProcessId")} {Text(dump, "ProcessName")} {Text(dump, "ThreadCount")}"));
        Assert.Equal(dumps.Select(dump => Path.Combine(_folder, $"core.{Text(dump, "ProcessId")}")), dumps.Select(dump => Text(dump, "Path")));
        Assert.All(dumps, dump => Assert.Equal((Fixture.Zoo, "amd64", new FileInfo(Text(dump, "Path")!).Length), (Text(dump, "ArchivePath"), Text(dump, "Architecture"), (long)dump.Properties["Size"].Value)));
        Assert.Equal(4, Directory.GetFileSystemEntries(_folder).Length);
    }

    [Theory]
    [InlineData("Export-CheckpointCoreDump $args[0] out -Id 8, 9", "out/core.8", "out/core.9")]
    [InlineData("Export-CheckpointCoreDump $args[0] out/ -Id 8", "out/core.8")]
    [InlineData("Export-CheckpointCoreDump $args[0] sub/my.core -Name zoo-sl*", "sub/my.core")]
    [InlineData("Export-CheckpointCoreDump -LiteralPath $args[0] -Destination . -Name zoo-exec", "core.9")]
    [InlineData("Get-CheckpointArchive $args[0] | Export-CheckpointCoreDump -Destination { \"./$($_.Engine)/\" } -Id 8", "CriO/core.8")]
    [InlineData("Get-CheckpointProcess $args[0] -Id 8, 9 | Export-CheckpointCoreDump", "core.8", "core.9")]
    [InlineData("[pscustomobject]@{ ArchivePath = $args[0]; Path = '/bin/zoo'; ProcessId = 8 }, [pscustomobject]@{ ArchivePath = $args[0]; Path = '/x'; ProcessId = 9 } | Export-CheckpointCoreDump", "core.8", "core.9")]
    public void Writes_the_requested_processes_to_the_requested_files(string script, params string[] files)
    {
        var dumps = _session.Run(script, Fixture.Zoo).Objects;

        Assert.Equal(files, dumps.Select(dump => Path.GetRelativePath(_folder, Text(dump, "Path")!).Replace('\\', '/')));
        Assert.All(files, file => Assert.True(File.Exists(Path.Combine(_folder, file))));
    }

    [Fact]
    public void WhatIf_names_every_process_and_writes_nothing()
    {
        Assert.Empty(_session.Run("Export-CheckpointCoreDump $args[0] -WhatIf", Fixture.Zoo).Objects);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void An_existing_file_is_an_error_unless_forced()
    {
        File.WriteAllText(Path.Combine(_folder, "core.8"), "mine");

        var outcome = _session.Run("Export-CheckpointCoreDump $args[0] -Id 8, 9", Fixture.Zoo);

        Assert.Equal("DestinationExists", outcome.ErrorId);
        Assert.Equal("9", Text(Assert.Single(outcome.Output), "ProcessId"));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_folder, "core.8")));
        Assert.NotNull(_session.Run("Export-CheckpointCoreDump $args[0] -Id 8 -Force", Fixture.Zoo).Single);
    }

    [Theory]
    [InlineData("-Id 99", "ProcessNotInArchive")]
    [InlineData("-Name nobody", "ProcessNotInArchive")]
    [InlineData("-Id 7", "ProcessWithoutMemory")]
    public void A_missing_process_is_an_error(string arguments, string errorId)
    {
        var outcome = _session.Run($"Export-CheckpointCoreDump $args[0] {arguments}", Fixture.Zoo);

        Assert.Equal(errorId, outcome.ErrorId);
        Assert.Empty(outcome.Output);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_second_archive_does_not_overwrite_the_first()
    {
        var outcome = _session.Run("Export-CheckpointCoreDump $args -Id 1 -Destination out/ -Force", Fixture.Zoo, Fixture.Archive("crio-counter.tar"));

        Assert.Equal("DestinationSharedByArchives", outcome.ErrorId);
        Assert.Equal(Fixture.Zoo, Text(Assert.Single(outcome.Output), "ArchivePath"));
    }

    [Fact]
    public void The_next_archive_is_read_after_a_damaged_one()
    {
        File.WriteAllText(Path.Combine(_folder, "broken.tar"), "nothing");

        var outcome = _session.Run("Export-CheckpointCoreDump ./broken.tar, $args[0] -Id 1", Fixture.Zoo);

        Assert.Single(outcome.Output);
        Assert.Single(outcome.Errors);
    }

    [Fact]
    public void Leaving_a_loop_ends_the_work()
    {
        Assert.Single(_session.Run("foreach ($once in 1) { Export-CheckpointCoreDump $args[0] | ForEach-Object { $_; break } }", Fixture.Zoo).Objects);
        Assert.Empty(Directory.GetFiles(_folder, "*.partial"));
    }
}
