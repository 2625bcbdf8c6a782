using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Containers;
using KubeCheckpoint.Cluster.Preflight.Hosts;

namespace KubeCheckpoint.Core.Tests.Cluster.Preflight.Containers;

/// <summary>
/// The output of the script for real programs, in fixtures/processes.txt. Each was dumped by CRIU 4.2.1 at the same moment, without options:
/// what the checks say and what CRIU did agree.
/// </summary>
public sealed class ContainerChecksTests
{
    private static readonly Dictionary<string, string> Recordings = File
        .ReadAllText(Path.Combine(AppContext.BaseDirectory, "fixtures", "processes.txt"))
        .Split("### ", StringSplitOptions.RemoveEmptyEntries)
        .Select(text => text.Split('\n', 2))
        .ToDictionary(parts => parts[0].Trim(), parts => parts[1]);

    [Theory]
    [InlineData("listen", true, "")]
    [InlineData("tcp", false, "TcpConnections", "process 14 (python3), descriptor 5 (127.0.0.1:7000)")]
    [InlineData("inflight", false, "ConnectionsInFlight", "process 14 (python3), descriptor 4 (127.0.0.1:7000)")]
    [InlineData("lock", false, "FileLocks", "descriptor 4 (/data/lock)")]
    [InlineData("memfdexec", true, "MemoryExecutables", "process 14 (memfd:prog)")]
    [InlineData("iouring", false, "IoUring", "descriptor 4 (anon_inode:[io_uring])")]
    [InlineData("iouringmap", false, "IoUring", "descriptor 5 (anon_inode:[io_uring])")]
    [InlineData("ghost-big", false, "DeletedFiles", "descriptor 4 (/data/ghost (deleted))")]
    [InlineData("ghostmap", false, "DeletedFiles", "/data/ghost (deleted)")]
    [InlineData("linkremap", false, "RenamedFiles", "descriptor 4 (/data/one (deleted))")]
    [InlineData("shm", true, "SharedMemory", "/dev/shm/PG.1")]
    [InlineData("shmdel", true, "")]
    [InlineData("traced", false, "TracedProcesses", "process 16 (python3)")]
    [InlineData("uffd", false, "KernelObjects", "anon_inode:[userfaultfd]")]
    [InlineData("bpf", false, "KernelObjects", "anon_inode:bpf-map")]
    [InlineData("device", false, "Devices", "/dev/fuse")]
    [InlineData("inotify", true, "")]
    [InlineData("inotify-overlay", false, "FileWatches", "anon_inode:inotify")]
    [InlineData("replacedlib", true, "")]
    [InlineData("zombie", true, "")]
    [InlineData("redis-client", false, "TcpConnections", "process 13 (redis-server), descriptor 12 (127.0.0.1:6379)")]
    [InlineData("memcached-client", false, "TcpConnections", "(memcached), descriptor")]
    [InlineData("nginx", true, "")]
    [InlineData("postgres", true, "SharedMemory", "/dev/shm/PostgreSQL.")]
    public void What_is_found_agrees_with_what_criu_did(string recording, bool wasDumped, string name, string place = "")
    {
        var found = Find(recording).Where(check => check.Outcome != SupportOutcome.Passed).ToList();

        Assert.Equal(name, string.Join(' ', found.Select(check => check.Name)));
        Assert.Equal(wasDumped, !found.Exists(check => check.Scope == SupportScope.Checkpoint));
        Assert.All(found, check => Assert.Contains(place, check.Detail, StringComparison.Ordinal));
        Assert.All(found, check => Assert.NotNull(check.Remedy));
    }

    // CRIU dumped it outside of a container; under a runtime, which freezes the container's cgroup, it hangs.
    [Fact]
    public void A_stopped_process_is_found()
    {
        var check = Assert.Single(Find("stopped"));
        Assert.Equal(("StoppedProcesses", SupportOutcome.Failed), (check.Name, check.Outcome));
    }

    [Theory]
    [InlineData("tcp", "runc.conf tcp-established", SupportOutcome.Passed)]
    [InlineData("tcp", "runc.conf tcp-close", SupportOutcome.Failed)]
    [InlineData("tcp", null, SupportOutcome.Warning)]
    [InlineData("ghost-big", "runc.conf ghost-limit 1G", SupportOutcome.Passed)]
    [InlineData("iouring", "runc.conf tcp-established", SupportOutcome.Failed)]
    public void Options_on_the_node_remove_a_finding(string recording, string? option, SupportOutcome outcome)
    {
        var host = option is null ? null : new NodeHost { SeesFiles = true, CriuOptions = [option] };
        Assert.Equal(outcome, Assert.Single(Find(recording, host)).Outcome);
    }

    [Fact]
    public void CriO_dumps_file_locks_and_containerd_only_with_the_option()
    {
        var host = new NodeHost { SeesFiles = true };
        Assert.Equal(SupportOutcome.Failed, Assert.Single(Find("lock", host)).Outcome);
        Assert.Equal(SupportOutcome.Passed, Assert.Single(Find("lock", host, CheckpointEngine.CriO)).Outcome);
    }

    [Fact]
    public void A_container_without_findings_passes()
    {
        var check = Assert.Single(Find("nginx"));
        Assert.Equal((ContainerChecks.Name, SupportOutcome.Passed), (check.Name, check.Outcome));
        Assert.Contains("3 processes", check.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "cannot be seen")]
    [InlineData("process 1\nstatus Name:\tx\nstatus State:\tS (sleeping)\nend 1\n", "descriptors of processes 1 belong to another user")]
    [InlineData("process 1\nfd lrwx------ 1 root root 64 Nov 30 22:32 4 -> /x\n", "too many processes or descriptors")]
    [InlineData("process 1\nfd lrwx------ 1 root root 64 Nov 30 22:32 4 -> /x\nend 201\n", "too many processes or descriptors")]
    public void What_could_not_be_seen_is_said(string output, string reason)
    {
        var check = Assert.Single(FindIn(output, null, CheckpointEngine.Containerd));
        Assert.Equal((ContainerChecks.Name, SupportOutcome.Unknown), (check.Name, check.Outcome));
        Assert.Contains(reason, check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_a_container_chooses_stay_on_their_line()
    {
        const string Output = "process 7\nstatus Name:\tev\u001b[2Jil\nstatus State:\tT (stopped)\nfd l 1 r r 1 a b c 4 -> /dev/shm/\u202ex\nend 1\n";
        Assert.All(FindIn(Output, null, CheckpointEngine.Containerd), check => Assert.DoesNotContain(check.Detail, letter => char.IsControl(letter) || letter == '\u202e'));
        Assert.Equal(2, FindIn(Output, null, CheckpointEngine.Containerd).Count);
    }

    [Fact]
    public void Each_rule_has_a_source_and_a_name_of_its_own()
    {
        List<(string Name, string Remedy, string Source)> rules =
        [
            .. ContainerRules.All.Select(rule => (rule.Name, rule.Remedy, rule.Source)),
            .. PodRules.OfContainers.Select(rule => (rule.Name, rule.Remedy, rule.Source)),
            .. PodRules.OfPods.Select(rule => (rule.Name, rule.Remedy, rule.Source)),
        ];
        Assert.Equal(rules.Count, rules.Select(rule => rule.Name).Distinct().Count());
        Assert.All(rules, rule => Assert.NotEmpty(rule.Source));
        Assert.All(rules, rule => Assert.EndsWith(".", rule.Remedy, StringComparison.Ordinal));
    }

    // Each was restored on the same node and on another one, by both runtimes: a failure failed, a warning came back.
    [Theory]
    [InlineData("""{"hostPID":true}""", "HostProcessIds", SupportOutcome.Failed, "shop/web: the pod uses the process IDs of its node (hostPID)")]
    [InlineData("""{"hostIPC":true}""", "HostIpc", SupportOutcome.Warning, "shop/web: the pod uses the System V objects")]
    [InlineData("""{"hostNetwork":true}""", "HostNetwork", SupportOutcome.Warning, "shop/web: the pod uses its node's network")]
    [InlineData("""{"shareProcessNamespace":true}""", "SharedProcessIds", SupportOutcome.Warning, "shop/web: the containers share process IDs")]
    [InlineData("""{"ephemeralContainers":[{"name":"debug"}]}""", "EphemeralContainers", SupportOutcome.Warning, "restored: debug")]
    [InlineData("""{"volumes":[{"name":"v","emptyDir":{}}]}""", "EmptyDirs", SupportOutcome.Warning, "shop/web/app: a checkpoint does not contain the content of emptyDir volumes: /data")]
    [InlineData("""{"volumes":[{"name":"v","hostPath":{"path":"/srv"}}]}""", "HostPaths", SupportOutcome.Warning, ": /srv at /data")]
    [InlineData("""{"volumes":[{"name":"v","ephemeral":{}}]}""", "NewVolumes", SupportOutcome.Warning, ": /data")]
    [InlineData("""{"volumes":[{"name":"v","csi":{"driver":"some.csi"}}]}""", "NewVolumes", SupportOutcome.Warning, ": some.csi at /data")]
    public void The_manifest_says_what_does_not_come_back(string spec, string name, SupportOutcome outcome, string detail)
    {
        var check = Assert.Single(FindInManifest(spec));
        Assert.Equal((name, outcome, SupportScope.Restore), (check.Name, check.Outcome, check.Scope));
        Assert.Contains(detail, check.Detail, StringComparison.Ordinal);
        Assert.NotNull(check.Remedy);
    }

    [Theory]
    [InlineData("""{"volumes":[{"name":"v","configMap":{"name":"c"}}]}""")]
    [InlineData("""{"volumes":[{"name":"v","secret":{}}]}""")]
    [InlineData("""{"volumes":[{"name":"v","projected":{}}]}""")]
    [InlineData("""{"volumes":[{"name":"other","emptyDir":{}}]}""")]
    [InlineData("""{"hostPID":false}""")]
    public void What_comes_back_is_no_finding(string spec) => Assert.Empty(FindInManifest(spec));

    [Theory]
    [InlineData("/cfg/..2026_12_01_02_11_07.3200265657/a", "FilesInVolumes", SupportOutcome.Failed)]
    [InlineData("/etc/hosts", "PodFiles", SupportOutcome.Warning)]
    public void Open_files_that_are_others_in_the_new_pod_are_found(string path, string name, SupportOutcome outcome)
    {
        var output = $"process 1\nfd lr-x------ 1 0 0 64 Dec 1 02:11 7 -> {path}\nfile -rw-r--r-- 1 0 0 5 Dec 1 02:11 7\nend 1\n";
        var check = Assert.Single(FindIn(output, null, CheckpointEngine.Containerd));
        Assert.Equal((name, outcome, SupportScope.Restore), (check.Name, check.Outcome, check.Scope));
        Assert.Contains($"descriptor 7 ({path})", check.Detail, StringComparison.Ordinal);
    }

    private static IReadOnlyList<SupportCheck> FindInManifest(string spec)
    {
        var pod = PodDocument.Parse(new(
            $$$"""{"metadata":{"name":"web"},"spec":{"containers":[{"name":"app","volumeMounts":[{"name":"v","mountPath":"/data"}]}],{{{spec[1..]}}}}"""));
        var checks = new CheckList("node1");
        var containers = new ContainerChecks(checks, CheckpointEngine.Containerd, null);
        containers.Add("shop/web", pod);
        containers.Add("shop/web/app", new PodFacts(pod, pod.Containers.First()));
        return checks.Checks;
    }

    private static IReadOnlyList<SupportCheck> Find(string recording, NodeHost? host = null, CheckpointEngine runtime = CheckpointEngine.Containerd) =>
        FindIn(Recordings[recording], host, runtime);

    private static IReadOnlyList<SupportCheck> FindIn(string output, NodeHost? host, CheckpointEngine runtime)
    {
        var checks = new CheckList("node1");
        new ContainerChecks(checks, runtime, host).Add("shop/web/app", ContainerFactsReader.Read(output));
        return checks.Checks;
    }
}
