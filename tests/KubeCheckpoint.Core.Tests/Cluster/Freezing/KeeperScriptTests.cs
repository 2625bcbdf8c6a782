using System.Diagnostics;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Owners;
using KubeCheckpoint.Cluster.Freezing;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Freezing;

/// <summary>The script of the helper pod that holds a pod, run by this machine's shells on a folder in place of the node's cgroups.</summary>
public sealed class KeeperScriptTests
{
    [UnixTheory]
    [InlineData(CgroupNames.Plain, "sh")]
    [InlineData(CgroupNames.Crio, "sh")]
    [InlineData(CgroupNames.ContainerdScope, "busybox")]
    [InlineData(CgroupNames.CrioScopeV2, "sh")]
    [InlineData(CgroupNames.CrioScopeV2, "busybox")]
    public async Task A_pod_is_frozen_at_the_end_of_the_dump_before_the_runtime_resumes_the_container(CgroupNames names, string shell)
    {
        using var tree = new FreezerTree(names, shell);
        Assert.Equal(names == CgroupNames.CrioScopeV2 ? "open 2" : "open 1", await tree.OpenAsync(FreezerTree.First, FreezerTree.Second));
        await tree.HoldAsync(FreezerTree.First);
        Assert.True(tree.IsFrozen(tree.Pod));

        Assert.Equal("thawed", await tree.AskAsync("thaw"));
        Assert.False(tree.IsFrozen(tree.Pod));
        Assert.Equal("lost thawed asked", await tree.AskAsync($"arm {FreezerTree.First}"));
    }

    [UnixFact]
    public async Task A_container_that_was_resumed_just_before_the_pod_was_frozen_ran_on_for_a_moment()
    {
        using var tree = new FreezerTree();
        await tree.OpenAsync(FreezerTree.First);
        await tree.AskAsync($"arm {FreezerTree.First}");
        await tree.BeginDumpAsync(FreezerTree.First);

        // The keeper reads the state, and the runtime resumes the container before it writes.
        await File.WriteAllTextAsync(Path.Join(tree.Container(FreezerTree.First), "freezer.state"), "FROZEN\n");
        await tree.FrozenAsync();
        Assert.Equal("held 0 10", await tree.AskAsync("held"));
    }

    [UnixFact]
    public async Task A_pod_whose_dump_ended_unseen_is_frozen_when_the_checkpoint_returns_and_the_time_since_is_told()
    {
        using var tree = new FreezerTree();
        await tree.OpenAsync(FreezerTree.First);
        await tree.AskAsync($"arm {FreezerTree.First}");
        await tree.BeginDumpAsync(FreezerTree.First);
        tree.Wait(50);
        Assert.False(tree.IsFrozen(tree.Pod));

        Assert.Equal("held 0 510", await tree.AskAsync("held"));
        Assert.True(tree.IsFrozen(tree.Pod));
    }

    [UnixFact]
    public async Task Attempts_of_the_runtime_to_freeze_a_container_are_not_taken_for_a_dump()
    {
        using var tree = new FreezerTree(CgroupNames.Crio);
        await tree.OpenAsync(FreezerTree.First);
        await tree.AskAsync($"arm {FreezerTree.First}");
        var state = Path.Join(tree.Container(FreezerTree.First), "freezer.state");
        await File.WriteAllTextAsync(state, "FREEZING\n");
        await File.WriteAllTextAsync(state, "THAWED\n");

        tree.Set(FreezerTree.First, isFrozen: true);
        await tree.ToldAsync("watch paused");
        tree.Set(FreezerTree.First, isFrozen: false);
        await tree.ToldAsync("watch thawed");
        tree.Set(FreezerTree.First, isFrozen: true);
        await tree.ToldAsync("watch paused");
        Assert.False(tree.IsFrozen(tree.Pod));

        tree.PutTraced(FreezerTree.First);
        tree.Set(FreezerTree.First, isFrozen: false);
        await tree.ToldAsync("watch traced");
        await tree.EndDumpAsync(FreezerTree.First);
        Assert.Equal("held 0 0", await tree.AskAsync("held"));
    }

    [UnixFact]
    public async Task A_dump_whose_processes_cannot_be_seen_is_told_by_its_duration()
    {
        using var tree = new FreezerTree();
        await tree.OpenAsync(FreezerTree.First);
        await tree.AskAsync($"arm {FreezerTree.First}");
        tree.Set(FreezerTree.First, isFrozen: true);
        await tree.ToldAsync("watch paused");
        tree.Set(FreezerTree.First, isFrozen: false);
        await tree.ToldAsync("watch thawed");
        tree.Wait(10);

        // The keeper has seen the time when it has done this.
        await tree.AskAsync("copy");
        await tree.EndDumpAsync(FreezerTree.First);
        Assert.Equal("held 0 0", await tree.AskAsync("held"));
    }

    [UnixFact]
    public async Task A_dump_that_fails_leaves_the_pod_running_and_may_be_armed_again()
    {
        using var tree = new FreezerTree();
        await tree.OpenAsync(FreezerTree.First);
        await tree.AskAsync($"arm {FreezerTree.First}");
        await tree.BeginDumpAsync(FreezerTree.First);

        // CRIU may restore the freezer's state on failure too: the pod is frozen, and runs again once the container is armed.
        await tree.EndDumpAsync(FreezerTree.First);
        Assert.Equal("armed", await tree.AskAsync($"arm {FreezerTree.First}"));
        Assert.False(tree.IsFrozen(tree.Pod));
        await tree.BeginDumpAsync(FreezerTree.First);
        Assert.Equal("thawed", await tree.AskAsync("thaw"));
        Assert.False(tree.IsFrozen(tree.Pod));
    }

    [UnixTheory]
    [InlineData(CgroupNames.Plain)]
    [InlineData(CgroupNames.CrioScopeV2)]
    public async Task Containers_are_held_one_after_the_other(CgroupNames names)
    {
        using var tree = new FreezerTree(names);
        await tree.OpenAsync(FreezerTree.First, FreezerTree.Second);
        await tree.HoldAsync(FreezerTree.First);

        Assert.Equal("armed", await tree.AskAsync($"arm {FreezerTree.Second}"));
        Assert.True(tree.IsFrozen(tree.Container(FreezerTree.First)));
        Assert.False(tree.IsFrozen(tree.Container(FreezerTree.Second)));
        Assert.False(tree.IsFrozen(tree.Pod));
        await tree.BeginDumpAsync(FreezerTree.Second);
        await tree.EndDumpAsync(FreezerTree.Second);
        Assert.Equal("held 0 0", await tree.AskAsync("held"));
        Assert.True(tree.IsFrozen(tree.Pod));

        Assert.Equal("thawed", await tree.AskAsync("thaw"));
        Assert.False(tree.IsFrozen(tree.Pod));
        Assert.False(tree.IsFrozen(tree.Container(FreezerTree.First)));
    }

    [UnixFact]
    public async Task A_silent_client_loses_its_hold()
    {
        using var tree = new FreezerTree();
        await tree.OpenAsync(FreezerTree.First);
        await tree.HoldAsync(FreezerTree.First);
        tree.WaitForLease();
        await tree.EndedAsync();
        Assert.False(tree.IsFrozen(tree.Pod));
    }

    [UnixFact]
    public async Task A_pod_with_a_copy_is_held_until_the_copy_must_be_gone()
    {
        using var tree = new FreezerTree();
        await tree.OpenAsync(FreezerTree.First);
        await tree.HoldAsync(FreezerTree.First);
        Assert.Equal("copy", await tree.AskAsync("copy"));
        tree.WaitForLease();
        await Task.Delay(200);
        Assert.True(tree.IsFrozen(tree.Pod));

        tree.WaitForMargin();
        await tree.EndedAsync();
        Assert.False(tree.IsFrozen(tree.Pod));
    }

    [UnixFact]
    public async Task A_pod_is_not_held_longer_than_it_may_be()
    {
        using var tree = new FreezerTree();
        await tree.OpenAsync(FreezerTree.First);
        await tree.HoldAsync(FreezerTree.First);
        for (var sign = 1; sign <= 7; sign++)
        {
            tree.Wait(900);
            var (exitCode, _) = await tree.RunAsync(folder => KeeperScript.Sign(folder, sign));
            Assert.Equal(0, exitCode);
            if (sign < 6)
                Assert.Equal($"held {sign * 9000} 0", await tree.AskAsync("held"));
        }
        await tree.ToldAsync("thawed longest");
        Assert.False(tree.IsFrozen(tree.Pod));
        Assert.Equal("lost thawed longest", await tree.AskAsync("held"));
    }

    [UnixTheory]
    [InlineData("sh")]
    [InlineData("busybox")]
    public async Task A_helper_pod_that_is_ended_releases_the_pod(string shell)
    {
        using var tree = new FreezerTree(shell: shell);
        await tree.OpenAsync(FreezerTree.First, FreezerTree.Second);
        await tree.HoldAsync(FreezerTree.First);
        await tree.AskAsync($"arm {FreezerTree.Second}");
        Assert.True(tree.IsFrozen(tree.Container(FreezerTree.First)));
        Signal("TERM", tree.Keeper);
        await tree.EndedAsync();
        Assert.False(tree.IsFrozen(tree.Container(FreezerTree.First)));
    }

    [UnixFact]
    public async Task A_helper_pod_whose_process_was_killed_releases_the_pod_when_it_starts_again()
    {
        using var tree = new FreezerTree();
        await tree.OpenAsync(FreezerTree.First);
        await tree.HoldAsync(FreezerTree.First);
        await tree.RestartAsync();
        await tree.EndedAsync();
        Assert.False(tree.IsFrozen(tree.Pod));
    }

    [UnixFact]
    public async Task A_pod_that_is_being_deleted_is_killed_before_it_is_released_once_its_copy_exists()
    {
        using var tree = new FreezerTree();
        using var process = await StoppedAsync();
        tree.Put(process.Id, FreezerTree.Second);
        await tree.OpenAsync(FreezerTree.First, FreezerTree.Second);
        await tree.HoldAsync(FreezerTree.First);
        await tree.AskAsync("copy");

        Signal("TERM", process);
        tree.WaitForLease();
        tree.WaitForMargin();
        await tree.EndedAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(137, process.ExitCode);
        Assert.False(tree.IsFrozen(tree.Pod));
    }

    [UnixFact]
    public async Task A_pod_without_a_copy_that_is_being_deleted_may_end_by_itself()
    {
        using var tree = new FreezerTree();
        using var process = await StoppedAsync();
        tree.Put(process.Id, FreezerTree.Second);
        await tree.OpenAsync(FreezerTree.First, FreezerTree.Second);
        await tree.HoldAsync(FreezerTree.First);

        Signal("TERM", process);
        tree.WaitForLease();
        await tree.EndedAsync();
        Assert.False(tree.IsFrozen(tree.Pod));
        Assert.False(process.HasExited);
        process.Kill();
    }

    [UnixTheory]
    [InlineData(CgroupNames.Crio)]
    [InlineData(CgroupNames.CrioScopeV2)]
    public async Task A_move_that_has_ended_kills_the_processes_of_the_pod_and_not_what_supervises_them(CgroupNames names)
    {
        using var tree = new FreezerTree(names);
        using var process = await StoppedAsync();
        using var monitor = await StoppedAsync();
        tree.Put(process.Id, FreezerTree.Second);
        var supervision = Path.Join(tree.Pod, $"crio-conmon-{FreezerTree.First}.scope");
        await File.WriteAllTextAsync(Path.Join(supervision, "cgroup.procs"), $"{monitor.Id}\n");
        await tree.OpenAsync(FreezerTree.First, FreezerTree.Second);
        await tree.HoldAsync(FreezerTree.First);

        Assert.Equal("ended", await tree.AskAsync("end"));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(137, process.ExitCode);
        Assert.False(monitor.HasExited);
        monitor.Kill();
        Assert.False(tree.IsFrozen(tree.Pod));
        if (names != CgroupNames.CrioScopeV2)
            return;
        Assert.Equal("1", FreezerTree.Read(tree.Container(FreezerTree.First), "cgroup.kill"));
        Assert.Equal("", FreezerTree.Read(supervision, "cgroup.kill"));
    }

    [UnixFact]
    public async Task Cgroups_that_cannot_be_held_are_refused_before_anything_is_frozen()
    {
        using var tree = new FreezerTree();
        var unknown = new string('c', 64);
        Assert.Equal($"missing {unknown}", await tree.OpenAsync(FreezerTree.First, unknown));

        tree.Set(FreezerTree.Second, isFrozen: true);
        Assert.StartsWith("busy ", await tree.OpenAsync(FreezerTree.First, FreezerTree.Second), StringComparison.Ordinal);
        tree.Set(FreezerTree.Second, isFrozen: false);

        // What a container makes in its own cgroup is never nearer to the root than the cgroup that is looked for.
        var hostile = Path.Join(tree.Container(FreezerTree.First), "kubepods", $"pod{FreezerTree.Uid}", FreezerTree.Second);
        tree.MakeCgroup(hostile);
        Assert.Equal("open 1", await tree.OpenAsync(FreezerTree.First, FreezerTree.Second));

        File.Delete(Path.Join(tree.Pod, "freezer.state"));
        Assert.Equal($"readonly {tree.Pod}/freezer.state", await tree.OpenAsync(FreezerTree.First, FreezerTree.Second));
        Assert.False(File.Exists(Path.Join(tree.Pod, "freezer.state")));
    }

    [UnixTheory]
    [InlineData("sh")]
    [InlineData("busybox")]
    public async Task Commands_of_the_client_reach_the_keeper(string shell)
    {
        using var tree = new FreezerTree(shell: shell);
        var options = new HoldOptions(TimeSpan.FromSeconds(60));
        var request = KeeperScript.Open(options, FreezerTree.Uid, [FreezerTree.First]);
        Assert.Equal((0, "open 1"), await tree.RunAsync(folder => KeeperScript.Ask(folder, TimeSpan.FromMinutes(1), 7, request)));
        Assert.Equal((0, "open 1"), await tree.RunAsync(folder => KeeperScript.Ask(folder, TimeSpan.FromMinutes(1), 7, "end")));
        Assert.Equal((0, "open"), await tree.RunAsync(folder => KeeperScript.Sign(folder, 8)));
        Assert.Equal((4, ""), await tree.RunAsync(folder => KeeperScript.Ask(folder, TimeSpan.FromMilliseconds(20), 6, "end")));
    }

    [Theory]
    [InlineData("containerd://$(reboot)", FreezerTree.Uid)]
    [InlineData("cri-o://../../aaaa", FreezerTree.Uid)]
    [InlineData("containerd://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "0bdb; reboot")]
    [InlineData("containerd://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", FreezerTree.Uid)]
    public async Task Names_that_could_be_commands_are_refused_without_a_request(string id, string uid)
    {
        var pod = new Pod
        {
            Namespace = "default",
            PodName = "redis",
            PodUid = uid,
            NodeName = "n1",
            Status = "Running",
            Containers = [new() { Name = "redis", Kind = ContainerKind.Container, State = ContainerState.Running, ContainerId = id }],
            Manifest = null!,
        };
        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(
            () => PodHold.OpenAsync(null!, pod, new HoldOptions(TimeSpan.FromMinutes(1)), CancellationToken.None));
        Assert.Equal("FreezeCgroupNotFound", failure.ErrorId);
        Assert.Contains("-NoFreeze", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void The_helper_pod_may_write_cgroups_and_kill_and_nothing_else()
    {
        var owner = new ObjectOwner(OwnerProcess.Current, "Move-Pod");
        var spec = JsonNode.Parse(HelperPodManifest.Build("h", "n1", KeeperScript.RoleFor("/dev/shm/x"), new ArchiveTransferOptions(), owner))!["spec"]!;
        var container = spec["containers"]![0]!;
        var security = container["securityContext"]!;

        Assert.True((bool?)spec["hostPID"]);
        Assert.Equal("OnFailure", (string?)spec["restartPolicy"]);
        Assert.Equal("/sys/fs/cgroup", (string?)Assert.Single(spec["volumes"]!.AsArray())!["hostPath"]!["path"]);
        Assert.False((bool?)security["privileged"]);
        Assert.False((bool?)security["allowPrivilegeEscalation"]);
        Assert.True((bool?)security["readOnlyRootFilesystem"]);
        Assert.Equal("""{"add":["KILL"],"drop":["ALL"]}""", security["capabilities"]!.ToJsonString());
        Assert.EndsWith("keep '/dev/shm/x' '/host/sys/fs/cgroup' '/proc' 18000", (string?)container["command"]![2], StringComparison.Ordinal);
    }

    /// <summary>A process that stands still, as in a frozen cgroup: signals wait.</summary>
    private static async Task<Process> StoppedAsync()
    {
        var process = Process.Start(new ProcessStartInfo("sleep", ["600"]))!;
        Signal("STOP", process);
        while (!(await File.ReadAllTextAsync($"/proc/{process.Id}/status")).Contains("State:\tT", StringComparison.Ordinal))
        {
            await Task.Delay(5);
        }
        return process;
    }

    private static void Signal(string signal, Process process)
    {
        using var kill = Process.Start(new ProcessStartInfo("sh", ["-c", $"kill -{signal} {process.Id}"]))!;
        kill.WaitForExit();
    }
}
