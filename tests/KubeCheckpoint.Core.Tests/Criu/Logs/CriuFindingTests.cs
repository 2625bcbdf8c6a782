using KubeCheckpoint.Criu.Logs;

namespace KubeCheckpoint.Core.Tests.Criu.Logs;

/// <summary>The lines are those of CRIU 4.2.1 for programs that were dumped and restored for it.</summary>
public sealed class CriuFindingTests
{
    private const string Failed = "(00.119775) Error (criu/cr-dump.c:1975): Dumping FAILED.";

    [Fact]
    public void An_established_connection_is_found_with_process_descriptor_and_address()
    {
        var finding = Find(
            "(00.052302) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted",
            "(00.113930) inet: \tCollected: ino 0x48ee6a family AF_INET    type SOCK_STREAM    port     7000 state TCP_ESTABLISHED  src_addr 127.0.0.1",
            "(00.115191) Dumping task (pid: 14 comm: python3)",
            "(00.117777) 14 fdinfo 4: pos:                0 flags:                2/0x1",
            "(00.117819) 14 fdinfo 5: pos:                0 flags:                2/0x1",
            "(00.117823) sockets: Searching for socket 0x48ee6a family 2",
            "(00.117824) Error (criu/sk-inet.c:200): inet: Connected TCP socket, consider using --tcp-established option.",
            "(00.117827) ----------------------------------------",
            "(00.117838) Error (criu/cr-dump.c:1545): Dump files (pid: 14) failed with -1",
            Failed);

        Assert.Equal(new(14, "python3", 5, "127.0.0.1:7000"), finding.Place);
        Assert.Contains("established TCP connection", finding.Diagnosis!.Cause, StringComparison.Ordinal);
        Assert.False(finding.Passes);
    }

    [Fact]
    public void A_lock_is_found_with_its_file_although_the_error_follows_much_later()
    {
        var finding = Find(
            "(00.070000) Dumping task (pid: 14 comm: python3)",
            "(00.078472) lockinfo: 1:2 1 14 fe:00:1026433 0 EOF",
            "(00.078476) 14 fdinfo 4: pos:                0 flags:           100001/0x1",
            "(00.078484) Dumping path for 4 fd via self 18 [/tmp/w/lock]",
            "(00.078500) 14 fdinfo 251: pos:                0 flags:                1/0",
            "(00.078600) ----------------------------------------",
            "(00.102798) Dumping file-locks",
            "(00.102800) Error (criu/file-lock.c:110): Some file locks are hold by dumping tasks! You can try --file-locks to dump them.",
            Failed);

        Assert.Equal(new(14, "python3", 4, "/tmp/w/lock"), finding.Place);
    }

    [Fact]
    public void A_traced_process_is_the_one_that_the_error_names()
    {
        var finding = Find(
            "(00.051952) Dumping processes (pid: 14 comm: python3)",
            "(00.064695) Error (compel/src/lib/infect.c:262): Unseizable non-zombie 16 found, state S, err -1/10",
            Failed);

        Assert.Equal(new(16), finding.Place);
        Assert.Contains("traced", finding.Diagnosis!.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(00.126700) Error (criu/sk-inet.c:185): inet: In-flight connection (l) for 48f2f4", true)]
    [InlineData("(00.1) Error (compel/src/lib/infect.c:417): Unable to detach from 14: No such process", true)]
    [InlineData("(00.100550) Error (criu/files-reg.c:1031): Can't dump ghost file /tmp/w/ghost of 2002944 size, increase limit", false)]
    [InlineData("pie: 14: Error (criu/pie/parasite.c:588): send_fds failed (-22)", false)]
    [InlineData("(00.1) Error (criu/x.c:1): what nobody knows", false)]
    public void Only_causes_that_pass_by_themselves_are_worth_another_dump(string error, bool passes) => Assert.Equal(passes, Find(error, Failed).Passes);

    [Fact]
    public void A_process_with_an_io_uring_is_found_by_the_descriptors_that_cannot_be_sent()
    {
        var finding = Find(
            "(00.01) Dumping task (pid: 14 comm: python3)",
            "pie: 14: Error (criu/pie/parasite.c:588): send_fds failed (-22)",
            "(00.057340) Error (criu/parasite-syscall.c:280): Can't retrieve FDs from socket",
            Failed);

        Assert.Equal(14, finding.Place.ProcessId);
        Assert.Contains("io_uring", finding.Diagnosis!.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void While_restoring_the_descriptor_follows_the_error()
    {
        var finding = Find(
            "(00.021130)     14: Error (criu/files-reg.c:2353): Can't open file dev/shm/PG.1 on restore: No such file or directory",
            "(00.021132)     14: Error (criu/files-reg.c:2267): Can't open file dev/shm/PG.1: No such file or directory",
            "(00.021133)     14: Error (criu/files.c:1221): Unable to open fd=4 id=0x10",
            "(00.021874) Error (criu/cr-restore.c:1265): 14 exited, status=1");

        Assert.Equal(new(14, null, 4), finding.Place);
        Assert.Contains("/dev/shm", finding.Diagnosis!.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_known_cause_counts_before_an_unknown_error_and_consequences_never()
    {
        string[] log =
        [
            "(00.1) Error (criu/cr-dump.c:1545): Dump files (pid: 8092) failed with -1",
            "(00.1) Error (criu/x.c:1): what nobody knows",
            "(00.1) Error (criu/sk-inet.c:185): inet: In-flight connection (l) for 1f",
            Failed,
        ];
        Assert.Contains("not accepted yet", Find(log).Diagnosis!.Cause, StringComparison.Ordinal);
        Assert.Equal(("what nobody knows", null), (Find(log[0], log[1], log[3]).Message, Find(log[0], log[1], log[3]).Diagnosis));
        Assert.Null(CriuFinding.In([log[0], log[3]]));
    }

    [Fact]
    public void What_a_name_or_a_path_of_the_container_imitates_is_not_an_error()
    {
        Assert.Null(CriuFinding.In(
        [
            "(00.1) Dumping task (pid: 14 comm: Error (a.c:1): x)",
            "(00.1) Dumping path for 4 fd via self 18 [/tmp/Error (criu/sk-inet.c:200): inet: Connected TCP socket, consider using]",
        ]));
    }

    private static CriuFinding Find(params string[] lines) => CriuFinding.In(lines)!;
}
