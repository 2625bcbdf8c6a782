using System.Text;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Logs;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Logs;

public sealed class CheckpointLogTests
{
    [Theory]
    [InlineData("crio-counter.tar", "count=1", "2026-11-23T06:50:18.9050827+00:00")]
    [InlineData("containerd-counter.tar", "count=1", "2026-11-23T06:44:39.4627325+00:00")]
    [InlineData("podman-counter-none.tar", "count=1", "2026-11-23T06:38:07.0703205+00:00")]
    [InlineData("podman-counter-gzip.tar.gz", "count=1", "2026-11-23T06:38:07.0703205+00:00")]
    [InlineData("zoo-crio.tar", "fd_deleted=3", "2026-11-23T07:36:13.5157793+00:00")]
    public void The_containers_log_of_every_engine_is_read(string name, string first, string time)
    {
        var entries = CheckpointLogReader.ReadContainerLog(Fixture.PathOf(name), CancellationToken.None).ToList();

        Assert.Equal((first, ContainerOutput.Stdout, DateTimeOffset.Parse(time)), (entries[0].Message, entries[0].Stream!.Value, entries[0].Time!.Value));
        Assert.All(entries, entry => Assert.True(entry.IsComplete && entry.Time is not null));
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Every_line_of_a_real_log_is_an_entry(string name)
    {
        using var archive = ArchiveFile.Open(Fixture.PathOf(name));
        var log = archive.ReadIndex(CancellationToken.None).Single(member => member.Name is "io.kubernetes.cri-o.LogPath" or "container.log" or "ctr.log");
        var lines = Encoding.UTF8.GetString(archive.ReadMember(log)).Split('\n')[..^1];

        var entries = CheckpointLogReader.ReadContainerLog(archive, CancellationToken.None);

        Assert.Equal(lines.Select(line => line.Split(' ', 4)[3]), entries.Select(entry => entry.Message));
    }

    public static TheoryData<string> Archives => Fixture.Archives;

    [Fact]
    public void Parts_are_put_together_by_stream_even_within_a_character()
    {
        var heart = Encoding.UTF8.GetBytes("\u2665");
        byte[] log =
        [
            .. "2026-01-02T03:04:05Z stdout P one "u8, .. heart[..1], .. "\n2026-01-02T03:04:06Z stderr F between\n"u8,
            .. "2026-01-02T03:04:07Z stdout P "u8, .. heart[1..], .. "\n2026-01-02T03:04:08Z stdout F:x  two \r\n"u8,
            .. "2026-01-02T03:04:09Z stdout F\n2026-01-02T03:04:09Z stdout F \n"u8,
        ];

        var entries = Container(log);

        Assert.Equal(["between", "one \u2665 two \r", "", ""], entries.Select(entry => entry.Message));
        Assert.Equal(8, entries[1].Time!.Value.Second);
        Assert.All(entries, entry => Assert.True(entry.IsComplete));
    }

    [Fact]
    public void What_was_not_ended_is_told()
    {
        var entries = Container("2026-01-02T03:04:05Z stderr P to be\n2026-01-02T03:04:05Z stdout F end"u8.ToArray());

        Assert.Equal([("end", true), ("to be", false)], entries.Select(entry => (entry.Message, entry.IsComplete)));
    }

    [Fact]
    public void Lines_of_another_format_are_kept_as_they_are()
    {
        string[] lines = ["", "plain text", "2026-01-02T03:04:05Z stdin F x", "2026-01-02T03:04:05Z stdout Q x", "yesterday stdout F x", "{\"log\":\"x\"}", "\u001b[31m red"];

        var entries = Container(Encoding.UTF8.GetBytes(string.Join('\n', lines)));

        Assert.Equal(lines, entries.Select(entry => entry.Message));
        Assert.All(entries, entry => Assert.Equal((null, null), (entry.Time, entry.Stream)));
    }

    [Fact]
    public void A_log_can_be_empty_and_a_log_can_be_missing()
    {
        Assert.Empty(Container([]));
        var failure = Assert.Throws<KubeCheckpointException>(() => Read(new TarBuilder().Checkpoint().End(), CheckpointLogReader.ReadContainerLog));
        Assert.Equal("LogNotInArchive", failure.ErrorId);
        failure = Assert.Throws<KubeCheckpointException>(() => CheckpointLogReader.ReadDumpLog(Fixture.PathOf("podman-counter-none.tar"), CancellationToken.None).Count());
        Assert.Equal("LogNotInArchive", failure.ErrorId);
    }

    [Fact]
    public void Endless_lines_and_messages_are_cut_and_what_follows_is_read()
    {
        byte[] log =
        [
            .. "2026-01-02T03:04:05Z stdout F "u8, .. Enumerable.Repeat((byte)'a', 3_000_000), .. "\n"u8,
            .. Enumerable.Repeat("2026-01-02T03:04:05Z stdout P "u8.ToArray().Concat(Enumerable.Repeat((byte)'b', 100_000)).Append((byte)'\n'), 30).SelectMany(part => part),
            .. "2026-01-02T03:04:05Z stdout F c\n2026-01-02T03:04:05Z stdout F after\n"u8,
        ];

        var entries = Container(log);

        Assert.Equal([(262_114, false), (1_048_576, false), (5, true)], entries.Select(entry => (entry.Message.Length, entry.IsComplete)));
        Assert.Equal("after", entries[2].Message);
    }

    [Fact]
    public void Noise_is_read_as_lines()
    {
        var random = new Random(3);
        for (var round = 0; round < 2000; round++)
        {
            var noise = new byte[random.Next(4000)];
            random.NextBytes(noise);
            Assert.Equal(Lines(noise), Container(noise).Count);
            Assert.Equal(Lines(noise), Dump(noise).Count);
        }

        static int Lines(byte[] bytes) => bytes.Count(octet => octet == '\n') + (bytes.Length > 0 && bytes[^1] != '\n' ? 1 : 0);
    }

    [Theory]
    [InlineData("crio-counter.tar", 1, 1)]
    [InlineData("containerd-counter.tar", 1, 0)]
    [InlineData("zoo-crio.tar", 1, 0)]
    public void The_dump_log_of_a_success_has_only_errors_that_are_known_to_do_no_harm(string name, int errors, int warnings)
    {
        var entries = CheckpointLogReader.ReadDumpLog(Fixture.PathOf(name), CancellationToken.None).ToList();

        Assert.Equal("Dumping finished successfully", entries[^1].Message);
        Assert.Null(entries[^1].Cause);
        Assert.Equal(errors, entries.Count(entry => entry.Level == CriuLogLevel.Error));
        Assert.InRange(entries.Count(entry => entry.Level == CriuLogLevel.Warning), warnings, 10);
        Assert.All(entries.Where(entry => entry.Level != CriuLogLevel.Info), entry => Assert.Contains("successful dumps", entry.Remedy, StringComparison.Ordinal));
        // The later lines of a message have no time, and neither have the messages of CRIU's parasite in the process.
        Assert.All(entries.Where(entry => entry.Level != CriuLogLevel.Info), entry => Assert.NotNull(entry.Elapsed));
        var times = entries.Select(entry => entry.Elapsed).OfType<TimeSpan>().ToList();
        Assert.Equal(times.Order(), times);
    }

    [Fact]
    public void Lines_of_criu_are_taken_apart()
    {
        var entries = Dump(
            """
            (00.009596) Error (criu/sk-inet.c:200): inet: Connected TCP socket, consider using --tcp-established option.
            (100.00819) Warn  (criu/fsnotify.c:281): fsnotify: 	Handle 0x1e4:0x20a396 cannot be opened
            (00.000037) Running on k8slab Linux 6.18.44
            (00.100000)     12: Error (criu/files-reg.c:2175): File /bin/x has bad size 1 (expect 2)
            (00.200000) pie: 7: Error (criu/pie/restorer.c:1): x
            no time
            (00.300000) Error (no line): words
            (00.400000) Dumping finished successfully
            """u8.ToArray());

        Assert.Equal(
            [
                (TimeSpan.FromTicks(95960), CriuLogLevel.Error, "criu/sk-inet.c", 200, "inet: Connected TCP socket, consider using --tcp-established option."),
                (TimeSpan.FromSeconds(100) + TimeSpan.FromTicks(81900), CriuLogLevel.Warning, "criu/fsnotify.c", 281, "fsnotify: \tHandle 0x1e4:0x20a396 cannot be opened"),
                (TimeSpan.FromTicks(370), CriuLogLevel.Info, null, null, "Running on k8slab Linux 6.18.44"),
                (TimeSpan.FromTicks(1_000_000), CriuLogLevel.Error, "criu/files-reg.c", 2175, "File /bin/x has bad size 1 (expect 2)"),
                (TimeSpan.FromTicks(2_000_000), CriuLogLevel.Error, "criu/pie/restorer.c", 1, "x"),
                (null, CriuLogLevel.Info, null, null, "no time"),
                (TimeSpan.FromTicks(3_000_000), CriuLogLevel.Info, null, null, "Error (no line): words"),
                (TimeSpan.FromTicks(4_000_000), CriuLogLevel.Info, null, (int?)null, "Dumping finished successfully"),
            ],
            entries.Select(entry => (entry.Elapsed, entry.Level, entry.SourceFile, entry.Line, entry.Message)));
    }

    // Lines from real logs of failed dumps.
    [Theory]
    [InlineData("(00.009596) Error (criu/sk-inet.c:200): inet: Connected TCP socket, consider using --tcp-established option.", "established TCP", "tcp-established")]
    [InlineData("(00.039721) Error (criu/file-lock.c:110): Some file locks are hold by dumping tasks! You can try --file-locks to dump them.", "file lock", "'file-locks'")]
    [InlineData("(00.008187) Error (criu/fsnotify.c:284): fsnotify: \tCan't dump that handle", "inotify", "irmap-scan-path")]
    [InlineData("(00.008028) Warn  (criu/fsnotify.c:281): fsnotify: \tHandle 0x1e4:0x20a396 cannot be opened", "inotify", "Nothing, if no error follows")]
    [InlineData("(00.008117) Warn  (criu/irmap.c:105): irmap: Can't stat /var/spool: No such file or directory", "watched file", "Nothing")]
    [InlineData("(00.001215) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted", "continues", "Nothing")]
    [InlineData("(00.008199) Error (criu/cr-dump.c:1545): Dump files (pid: 8092) failed with -1", "consequence of", "earlier errors")]
    public void Known_messages_are_explained(string line, string cause, string remedy)
    {
        var entry = Dump(Encoding.UTF8.GetBytes(line + "\n(00.9) Error (criu/cr-dump.c:1975): Dumping FAILED."))[0];

        Assert.Contains(cause, entry.Cause, StringComparison.Ordinal);
        Assert.Contains(remedy, entry.Remedy, StringComparison.Ordinal);
    }

    // Message formats from the source of CRIU 4.2, with values.
    [Theory]
    [InlineData("Can't dump ghost file /tmp/x of 5242880 size, increase limit", "deleted file")]
    [InlineData("Can't dump file 7 of that type [600] (anon anon_inode:[io_uring])", "io_uring")]
    [InlineData("Can't dump file 7 of that type [20666] (chr 195:0)", "device")]
    [InlineData("Can't dump file 7 of that type [600] (anon anon_inode:[fscontext])", "of a type")]
    [InlineData("Unknown shit 600 (anon_inode:[io_uring])", "io_uring")]
    [InlineData("inet: Unsupported proto 262 for socket 1f", "Multipath TCP")]
    [InlineData("inet: Unsupported proto 132 for socket 1f", "protocol")]
    [InlineData("unix: External socket is used. Consider using --ext-unix-sk option.", "unix socket")]
    [InlineData("Unseizable non-zombie 8 found, state S, err -1/10", "gdb")]
    [InlineData("mnt: 55:./data doesn't have a proper root mount", "mount")]
    [InlineData("mnt: FS mnt ./data dev 0x30 root / unsupported id 55", "type")]
    [InlineData("Can't dump nested pid namespace for 9", "namespaces")]
    [InlineData("tty: Found dangling tty with sid 4 pgid 5 (pts) on peer fd 0.", "terminal")]
    [InlineData("Can't dump tmpfs content", "/dev/shm")]
    [InlineData("Can't write image: No space left on device", "full")]
    public void Messages_of_crius_source_are_explained(string message, string cause) =>
        Assert.Contains(cause, Dump(Encoding.UTF8.GetBytes($"(00.1) Error (criu/x.c:1): {message}\nDumping FAILED."))[0].Cause, StringComparison.Ordinal);

    [Fact]
    public void Words_of_an_error_in_another_message_explain_nothing() =>
        Assert.Null(Dump("(00.1) Dumping path for 3 fd via self 12 [/Some file locks are hold by dumping tasks!]\n(00.2) Dumping finished successfully"u8.ToArray())[0].Cause);

    [Fact]
    public void A_log_that_just_stops_says_so_at_its_end()
    {
        var entries = Dump("(00.001822) SEIZE 2881 (comm zoo-sleeper): success\n(00.001846) SEIZE 2883 (comm ghost-copy): success\n"u8.ToArray());

        Assert.Null(entries[0].Cause);
        Assert.Contains("SIGSTOP", entries[1].Cause, StringComparison.Ordinal);
        Assert.True(CheckpointLogReader.IsUnfinished(entries[1]));
    }

    [Fact]
    public void A_log_of_its_own_is_read_and_a_missing_one_named()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("dump.log", "(00.1) Error (criu/cr-dump.c:1975): Dumping FAILED."u8.ToArray());

        var entry = Assert.Single(CheckpointLogReader.ReadDumpLogFile(path, CancellationToken.None));

        Assert.Equal((null, path, "Dumping FAILED."), (entry.ArchivePath, entry.LogPath, entry.Message));
        foreach (var missing in new[] { folder.Path, Path.Combine(folder.Path, "none.log") })
        {
            var failure = Assert.Throws<KubeCheckpointException>(() => CheckpointLogReader.ReadDumpLogFile(missing, CancellationToken.None).Count());
            Assert.Equal("LogNotReadable", failure.ErrorId);
        }
    }

    [Fact]
    public void Cancellation_ends_an_endless_line()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Assert.Throws<OperationCanceledException>(() => LogLine.Read(new MemoryStream(new byte[1 << 20]), cancellation.Token).Count());
    }

    private static List<CheckpointLogEntry> Container(byte[] log) => Read(new TarBuilder().Add("container.log", log).End(), CheckpointLogReader.ReadContainerLog);

    private static List<CheckpointDumpLogEntry> Dump(byte[] log) => Read(new TarBuilder().Add("dump.log", log).End(), CheckpointLogReader.ReadDumpLog);

    private static List<T> Read<T>(byte[] tar, Func<ArchiveFile, CancellationToken, IEnumerable<T>> read)
    {
        using var archive = new ArchiveFile(new MemorySource(tar));
        return [.. read(archive, CancellationToken.None)];
    }
}
