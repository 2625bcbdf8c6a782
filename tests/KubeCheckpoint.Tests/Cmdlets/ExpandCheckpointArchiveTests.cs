using System.Management.Automation;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Expand-CheckpointArchive as users type it.</summary>
public sealed class ExpandCheckpointArchiveTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-test-").FullName;

    public ExpandCheckpointArchiveTests() => _session.Run("$ExecutionContext.SessionState.Path.SetLocation($args[0])", _folder);

    public void Dispose()
    {
        _session.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Writes_everything_into_a_folder_named_after_the_archive()
    {
        var files = _session.Run("Expand-CheckpointArchive $args[0]", Fixture.Archive("podman-counter-zstd.tar.zst")).Objects;

        Assert.Equal(Directory.GetFiles(Path.Combine(_folder, "podman-counter-zstd"), "*", SearchOption.AllDirectories).Order(), files.Select(file => Text(file, "Path")).Order());
        Assert.Contains("checkpoint/pstree.img", files.Select(file => Text(file, "Member")));
        Assert.True(Directory.Exists(Path.Combine(_folder, "podman-counter-zstd", "artifacts")));
    }

    [Fact]
    public void A_script_block_gives_each_archive_a_folder()
    {
        var files = _session.Run(
            "Get-CheckpointArchive $args | Expand-CheckpointArchive -Destination { \"./$($_.Engine)\" } -Member *.log, *LogPath",
            Fixture.Archive("crio-counter.tar"), Fixture.Archive("containerd-counter.tar")).Objects;

        Assert.Equal(
            ["Containerd/container.log", "Containerd/dump.log", "CriO/dump.log", "CriO/io.kubernetes.cri-o.LogPath"],
            files.Select(file => Path.GetRelativePath(_folder, Text(file, "Path")!).Replace('\\', '/')).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Two_archives_are_not_mixed_in_one_folder()
    {
        var outcome = _session.Run("Expand-CheckpointArchive $args -Destination out -Member config.dump -Force", Fixture.Archive("crio-counter.tar"), Fixture.Archive("containerd-counter.tar"));

        Assert.Equal("DestinationSharedByArchives", outcome.ErrorId);
        Assert.Equal(Fixture.Archive("crio-counter.tar"), Text(Assert.Single(outcome.Output), "ArchivePath"));
    }

    [Fact]
    public void A_folder_is_written_with_its_content_and_a_missing_member_is_an_error()
    {
        var outcome = _session.Run("Expand-CheckpointArchive $args[0] out ./checkpoint/, no-such.img, no-such-*", Fixture.Archive("crio-counter.tar"));

        Assert.Equal("MemberNotFound", outcome.ErrorId);
        Assert.Contains("'no-such.img'", outcome.Error.Exception.Message, StringComparison.Ordinal);
        Assert.All(outcome.Output, file => Assert.StartsWith("checkpoint/", Text(file, "Member"), StringComparison.Ordinal));
        Assert.True(outcome.Output.Count > 10);
    }

    [Fact]
    public void WhatIf_writes_nothing()
    {
        Assert.Empty(_session.Run("Expand-CheckpointArchive $args[0] out -WhatIf", Fixture.Archive("crio-counter.tar")).Objects);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Existing_files_are_kept_with_an_error_each_unless_forced()
    {
        const string Script = "Expand-CheckpointArchive $args[0] out -Member *.dump";
        var first = _session.Run(Script, Fixture.Archive("crio-counter.tar")).Objects;

        var again = _session.Run(Script, Fixture.Archive("crio-counter.tar"));

        Assert.Empty(again.Output);
        Assert.Equal(first.Count, again.Errors.Count);
        Assert.All(again.Errors, error => Assert.Equal(("DestinationExists", ErrorCategory.ResourceExists), (error.FullyQualifiedErrorId.Split(',')[0], error.CategoryInfo.Category)));
        Assert.Equal(first.Count, _session.Run(Script + " -Force", Fixture.Archive("crio-counter.tar")).Objects.Count);
    }

    [Theory]
    [InlineData("Expand-CheckpointArchive -LiteralPath $args[0] out -Member config.dump")]
    [InlineData("$args[0] | ForEach-Object { [IO.FileInfo]$_ } | Expand-CheckpointArchive -Destination out -Member config.dump")]
    [InlineData("$args[0] | ForEach-Object { [pscustomobject]@{ PSPath = $_ } } | Expand-CheckpointArchive -Destination out -Member config.dump")]
    [InlineData("Get-CheckpointArchive -LiteralPath $args[0] | Expand-CheckpointArchive -Destination out -Member config.dump")]
    [InlineData("Get-CheckpointArchive . | Expand-CheckpointArchive -Destination out -Member config.dump")]
    [InlineData("Expand-CheckpointArchive . out config.dump")]
    public void Takes_archives_in_every_form(string script)
    {
        var archive = Path.Combine(_folder, "web[1].tar");
        File.Copy(Fixture.Archive("crio-counter.tar"), archive);

        Assert.Equal(archive, Text(_session.Run(script, archive).Single, "ArchivePath"));
    }

    [Fact]
    public void Objects_from_an_archive_lead_back_to_it()
    {
        var file = _session.Run("Get-CheckpointFileChange $args[0] deleteme | Expand-CheckpointArchive -Destination out -Member config.dump", Fixture.Archive("crio-counter.tar")).Single;

        Assert.Equal(Fixture.Archive("crio-counter.tar"), Text(file, "ArchivePath"));
    }

    [Fact]
    public void Completes_the_members_of_the_archive()
    {
        File.Copy(Fixture.Archive("crio-counter.tar"), Path.Combine(_folder, "web.tar"));

        Assert.Equal(["config.dump"], _session.Complete("Expand-CheckpointArchive ./web.tar -Member conf"));
        Assert.Contains("checkpoint/pstree.img", _session.Complete("Expand-CheckpointArchive -LiteralPath web.tar -Member checkpoint/p"));
        Assert.DoesNotContain("config.dump", _session.Complete("Expand-CheckpointArchive ./none.tar -Member conf"));
    }

    [Fact]
    public void Leaving_a_loop_ends_the_work()
    {
        var script = "foreach ($once in 1) { Expand-CheckpointArchive $args[0] out | ForEach-Object { $_; break } }";

        Assert.Single(_session.Run(script, Fixture.Archive("podman-counter-gzip.tar.gz")).Objects);
        Assert.Empty(Directory.GetFiles(_folder, "*.partial", SearchOption.AllDirectories));
    }

    [LinuxRootFact]
    public void A_full_disk_ends_it_and_leaves_no_partial_file()
    {
        using var disk = new SmallDisk(Path.Combine(_folder, "small"), "128k");

        var outcome = _session.Run("Expand-CheckpointArchive $args[0] small", Fixture.Archive("containerd-counter.tar"));

        Assert.Equal("DestinationDiskFull", outcome.ErrorId);
        Assert.All(outcome.Output, file => Assert.Equal((long)file.Properties["Size"].Value, new FileInfo(Text(file, "Path")!).Length));
        Assert.Equal(outcome.Output.Count, Directory.GetFiles(disk.Path, "*", SearchOption.AllDirectories).Length);
    }
}
