using KubeCheckpoint.Criu.Logs;

namespace KubeCheckpoint.Core.Tests.Criu.Logs;

public sealed class CriuDiagnosesTests
{
    public static TheoryData<string> Patterns => [.. CriuDiagnoses.Known.SelectMany(diagnosis => diagnosis.Messages).Distinct()];

    [Fact]
    public void Each_message_is_explained_by_an_entry_for_the_file_that_prints_it() => Assert.All(CriuMessages.All, printed =>
    {
        var diagnosis = CriuDiagnoses.Find(printed.Message);
        Assert.True(diagnosis is not null, $"No cause: {printed.Message}");
        Assert.True(diagnosis.Source == printed.Source, $"{printed.Message} of {printed.Source} is explained as {string.Join(", ", diagnosis.Messages)} of {diagnosis.Source}");
    });

    [Theory]
    [MemberData(nameof(Patterns))]
    public void No_pattern_is_shadowed_by_another(string pattern)
    {
        var entries = CriuDiagnoses.Known.Where(diagnosis => diagnosis.Messages.Contains(pattern)).ToList();
        var alone = Assert.Single(entries) with { Messages = [pattern] };
        Assert.Contains(CriuMessages.All, printed => alone.Fits(printed.Message) && CriuDiagnoses.Find(printed.Message) == entries[0]);
    }

    [Fact]
    public void Causes_and_remedies_are_sentences() => Assert.All(CriuDiagnoses.Known.Append(CriuDiagnoses.Unfinished), diagnosis =>
    {
        Assert.EndsWith(".", diagnosis.Cause, StringComparison.Ordinal);
        Assert.True(diagnosis.Remedy[^1] is '.', diagnosis.Remedy);
        Assert.DoesNotContain("  ", diagnosis.Cause + diagnosis.Remedy, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("mnt: Mount 1021 ./data (master_id: 5 shared_id: 0) has unreachable sharing. Try --enable-external-masters.", "receives the mounts of the node", "enable-external-masters")]
    [InlineData("handle_device_vma plugin failed: No such file or directory", "memory of a device", "cuda_plugin")]
    [InlineData("Can't handle non-regular mapping on 4711's map 7f2b1c000000", "memory of a device", "amdgpu_plugin")]
    [InlineData("netlink: The socket has data to read", "has not read yet", "Try again")]
    [InlineData("inet: Connected TCP socket, consider using --tcp-established option.", "established TCP connection", "'tcp-established'")]
    [InlineData("Some file locks are hold by dumping tasks! You can try --file-locks to dump them.", "file lock", "'file-locks'")]
    [InlineData("fsnotify: \tCan't dump that handle", "inotify", "polling")]
    [InlineData("Can't dump ghost file /tmp/x of 104857600 size, increase limit", "deleted file", "'ghost-limit 1G'")]
    [InlineData("tty: Found slave peer index 3 without correspond master peer", "terminal", "tty: false")]
    [InlineData("The root process 17 is not a session leader. Consider using --shell-job option", "session", "'shell-job'")]
    [InlineData("Can't dump task 4711 running in 32-bit mode", "32-bit", "64-bit")]
    [InlineData("Can't dump nested pid namespace for 4711", "namespaces of its own", "--no-sandbox")]
    [InlineData("Locking network failed: iptables-restore returned 1. This may be connected to disabled CONFIG_NETFILTER_XT_MARK kernel build config option.", "iptables", "'network-lock nftables'")]
    [InlineData("net: IP tool failed on addr save", "program ip", "iproute2")]
    [InlineData("Missing required plugin: cuda_plugin", "plugin", "/usr/lib/criu")]
    [InlineData("cuda_plugin: CHECKPOINT_DEVICES failed with out of memory", "cuda-checkpoint", "555")]
    [InlineData("Error (criu/image.c): core-1.img: Can't write img file: No space left on device", "disk is full", "Free space")]
    [InlineData("bfd: Error flushing image: Cannot allocate memory", "free memory", "memory limit")]
    [InlineData("Can't open 17's mapfile link 7f2b1c000000: Operation not permitted", "map_files", "capabilities of root")]
    [InlineData("unix: Unix socket 4711 with unreachable peer 4712 (4713)", "belongs to no process", "Close the connection")]
    [InlineData("Can't fork for 1: File exists", "process id", "hostPID")]
    [InlineData("cg: Cgroup dir kubepods/x doesn't exist", "cgroup", "'manage-cgroups ignore'")]
    [InlineData("File app/server has bad build-ID", "not the one", "by digest")]
    [InlineData("No entry for reg-file-ID 0x5", "memfd", "from a file")]
    [InlineData("cpu: CPU instruction capabilities do not match run time", "processor", "newer processor")]
    public void Explains_what_containers_meet(string message, string cause, string remedy)
    {
        var diagnosis = CriuFinding.In([$"(00.1) Error (criu/x.c:1): {message}"])?.Diagnosis;
        Assert.NotNull(diagnosis);
        Assert.Contains(cause, diagnosis.Cause, StringComparison.Ordinal);
        Assert.Contains(remedy, diagnosis.Remedy, StringComparison.Ordinal);
    }
}
