using System.Management.Automation;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Get-CheckpointLog as users type it.</summary>
public sealed class GetCheckpointLogTests : IDisposable
{
    // The end of a real log of a failed dump.
    private const string FailedDump = """
        (00.001127) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted
        (00.009594) sockets: Searching for socket 0x2d8a2 family 2
        (00.009596) Error (criu/sk-inet.c:200): inet: Connected TCP socket, consider using --tcp-established option.
        (00.009612) Error (criu/cr-dump.c:1545): Dump files (pid: 7804) failed with -1
        (00.065956) Error (criu/cr-dump.c:1975): Dumping FAILED.

        """;

    private readonly ModuleSession _session = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-test-").FullName;

    public void Dispose()
    {
        _session.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Gets_the_containers_output_of_archives_from_the_pipeline()
    {
        var entries = _session.Run("Get-CheckpointArchive $args | Get-CheckpointLog | Where-Object Message -EQ 'count=2'", Fixture.Archive("crio-counter.tar"), Fixture.Archive("podman-counter-zstd.tar.zst")).Objects;

        Assert.Equal(["CheckpointLogEntry", "CheckpointLogEntry"], entries.Select(entry => entry.BaseObject.GetType().Name));
        Assert.Equal(["crio-counter.tar", "podman-counter-zstd.tar.zst"], entries.Select(entry => Path.GetFileName((string)entry.Properties["ArchivePath"].Value)));
    }

    [Theory]
    [InlineData("-Kind Dump -Level Error")]
    [InlineData("-Level Error")]
    public void Gets_the_errors_of_the_dump(string arguments)
    {
        var entry = _session.Run($"Get-CheckpointLog $args[0] {arguments}", Fixture.Archive("crio-counter.tar")).Single;

        Assert.Contains("RLIMIT_NOFILE", (string)entry.Properties["Message"].Value, StringComparison.Ordinal);
        Assert.Equal("dump.log", entry.Properties["LogPath"].Value);
    }

    [Fact]
    public void Levels_apply_only_to_the_dump() =>
        Assert.Equal("LevelOfContainerLog", _session.Run("Get-CheckpointLog $args[0] -Kind Container -Level Error", Fixture.Archive("crio-counter.tar")).ErrorId);

    [Fact]
    public void An_archive_without_the_log_is_an_error_and_the_others_continue()
    {
        var outcome = _session.Run("Get-CheckpointLog $args -Kind Dump -Level Error", Fixture.Archive("podman-counter-none.tar"), Fixture.Archive("crio-counter.tar"));

        Assert.Equal(("LogNotInArchive", ErrorCategory.ObjectNotFound), (outcome.ErrorId, outcome.Error.CategoryInfo.Category));
        Assert.Single(outcome.Output);
    }

    [Fact]
    public void A_dump_log_of_its_own_is_shown_with_cause_and_remedy()
    {
        var log = Path.Combine(_folder, "dump.log");
        File.WriteAllText(log, FailedDump);

        var lines = _session.Show("Get-CheckpointLog -LogPath $args[0] -Level Error", log);

        Assert.Equal($"   Log: {log}", lines[1]);
        Assert.Equal("   ELAPSED LEVEL   MESSAGE", lines[3]);
        Assert.Contains("  0.009596 Error   inet: Connected TCP socket, consider using --tcp-established option.", lines);
        Assert.Contains(lines, line => line.Contains("  cause:  A process has an established TCP connection", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("  remedy: Close the connection", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("sockets: Searching", StringComparison.Ordinal));
    }

    [Fact]
    public void A_log_that_just_stops_warns_whatever_the_level()
    {
        var log = Path.Combine(_folder, "dump.log");
        File.WriteAllText(log, "(00.001846) SEIZE 2883 (comm ghost-copy): success\n");

        var outcome = _session.Run("Get-CheckpointLog -LogPath $args[0] -Level Error", log);

        Assert.Empty(outcome.Objects);
        Assert.Contains("SIGSTOP", Assert.Single(outcome.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_output_of_a_container_does_not_control_the_terminal()
    {
        var archive = Path.Combine(_folder, "red.tar");
        File.WriteAllBytes(archive, Tar("container.log", "2026-01-02T03:04:05.678Z stderr F \u001b[31mred\tand\u0007 bell\n"));

        var lines = _session.Show("Get-CheckpointLog $args[0]", archive);

        Assert.Equal("2026-01-02 03:04:05.678 stderr \\u001b[31mred    and\\u0007 bell", lines[5]);
        Assert.Equal("\u001b[31mred\tand\u0007 bell", _session.Run("Get-CheckpointLog $args[0]", archive).Single.Properties["Message"].Value);
    }

    [Fact]
    public void Completes_kinds_and_levels()
    {
        Assert.Equal(["Container", "Dump"], _session.Complete("Get-CheckpointLog x.tar -Kind "));
        Assert.Equal(["Error"], _session.Complete("Get-CheckpointLog x.tar -Level e"));
    }

    private static byte[] Tar(string name, string content)
    {
        using var stream = new MemoryStream();
        using (var writer = new System.Formats.Tar.TarWriter(stream, leaveOpen: true))
            writer.WriteEntry(new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.RegularFile, name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)) });
        return stream.ToArray();
    }
}
