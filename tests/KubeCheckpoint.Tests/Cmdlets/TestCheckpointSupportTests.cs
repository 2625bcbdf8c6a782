using System.Diagnostics;
using System.Management.Automation;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Test-CheckpointSupport: whether nodes can checkpoint and restore.</summary>
public sealed class TestCheckpointSupportTests : IDisposable
{
    private readonly List<IDisposable> _opened = [];

    public void Dispose() => _opened.ForEach(item => item.Dispose());

    [Fact]
    public void Capable_nodes_pass_and_nothing_is_changed()
    {
        var session = Open();

        var nodes = session.Run("Test-CheckpointSupport").Objects;

        Assert.Equal(["node1", "node2", "node3"], nodes.Select(node => Text(node, "NodeName")).Order());
        Assert.All(nodes, node => Assert.Equal(("True", "True", "True"), (Text(node, "CanCheckpoint"), Text(node, "CanSave"), Text(node, "CanRestore"))));
        Assert.Contains("40.0 GiB", Check(nodes[0], "Disk").Detail, StringComparison.Ordinal);
        Assert.Contains("120 s", Check(nodes[0], "RuntimeRequestTimeout").Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(session.Cluster.Requests, request => request.Server == SandboxServer.ApiServer && request.Method is "DELETE" or "PATCH");
        Assert.DoesNotContain(session.Cluster.Requests, ClusterSession.CreatesPod);
    }

    [Theory]
    [InlineData("cri-o://1.28.4", SandboxRuntime.CriO, null, null)]
    [InlineData("cri-o://1.36.3", SandboxRuntime.CriO, "True", "True")]
    [InlineData("cri-o://1.37.1", SandboxRuntime.CriO, "True", null)]
    [InlineData("containerd://1.7.27", SandboxRuntime.Containerd, "False", "False")]
    [InlineData("containerd://2.0.4-1~deb", SandboxRuntime.Containerd, "True", "False")]
    [InlineData("containerd://2.3.4-k3s1", SandboxRuntime.Containerd, "True", null)]
    [InlineData("containerd://2.4.0", SandboxRuntime.Containerd, "True", "False")]
    [InlineData("docker://28.1.0", SandboxRuntime.Containerd, "False", "False")]
    [InlineData("rkt://1.0.0", SandboxRuntime.Containerd, null, null)]
    public void The_version_of_the_runtime_decides_or_leaves_it_open(string runtime, SandboxRuntime kind, string? canCheckpoint, string? canRestore)
    {
        var node = Open(new SandboxNode("n", kind) { RuntimeVersion = runtime }).Run("Test-CheckpointSupport").Single;

        Assert.Equal((canCheckpoint, canRestore), (Text(node, "CanCheckpoint"), Text(node, "CanRestore")));
        if (canRestore != "True")
            Assert.NotNull(Check(node, "RuntimeRestore").Remedy);
    }

    [Fact]
    public void A_probe_finds_the_gate_off_and_the_configuration_the_reason()
    {
        var session = Open(
            new SandboxNode("old", SandboxRuntime.CriO) { KubeletVersion = "v1.28.9" },
            new SandboxNode("off", SandboxRuntime.CriO) { CheckpointGate = false },
            new SandboxNode("on", SandboxRuntime.CriO) { KubeletVersion = "v1.28.9", CheckpointGate = true },
            new SandboxNode("nodebug", SandboxRuntime.CriO) { DebuggingHandlers = false },
            new SandboxNode("ancient", SandboxRuntime.CriO) { KubeletVersion = "v1.24.0" });

        var nodes = session.Run("Test-CheckpointSupport").Objects.ToDictionary(node => Text(node, "NodeName")!);

        Assert.Equal("on", Assert.Single(nodes, node => Text(node.Value, "CanCheckpoint") == "True").Key);
        Assert.Contains("off by default", Check(nodes["old"], "CheckpointGate").Detail, StringComparison.Ordinal);
        Assert.Contains("ContainerCheckpoint: false", Check(nodes["off"], "CheckpointGate").Detail, StringComparison.Ordinal);
        Assert.Equal("Failed", Check(nodes["nodebug"], "CheckpointGate").Outcome);
        Assert.Equal("Failed", Check(nodes["ancient"], "KubeletVersion").Outcome);
    }

    [Fact]
    public void The_state_of_a_node_is_checked()
    {
        var session = Open(
            new SandboxNode("down", SandboxRuntime.CriO) { Ready = false },
            new SandboxNode("full", SandboxRuntime.CriO) { Pressures = ["DiskPressure"], AvailableBytes = 1 << 20 },
            new SandboxNode("cordoned", SandboxRuntime.CriO) { Unschedulable = true },
            new SandboxNode("windows", SandboxRuntime.Containerd) { OperatingSystem = "windows" },
            new SandboxNode("old", SandboxRuntime.CriO) { KernelVersion = "4.18.0-553.el8" });

        var nodes = session.Run("Test-CheckpointSupport").Objects.ToDictionary(node => Text(node, "NodeName")!);

        Assert.Equal(("False", "False"), (Text(nodes["down"], "CanCheckpoint"), Text(nodes["down"], "CanRestore")));
        Assert.Equal(("True", "False"), (Text(nodes["full"], "CanCheckpoint"), Text(nodes["full"], "CanRestore")));
        Assert.Equal("Warning", Check(nodes["full"], "Disk").Outcome);
        Assert.Equal(("True", "Warning"), (Text(nodes["cordoned"], "CanRestore"), Check(nodes["cordoned"], "NodeReady").Outcome));
        Assert.Equal("False", Text(nodes["windows"], "CanCheckpoint"));
        Assert.Equal(("True", "Warning"), (Text(nodes["old"], "CanCheckpoint"), Check(nodes["old"], "Kernel").Outcome));
    }

    [Fact]
    public void The_missing_permission_of_kubeadms_api_server_is_reported_with_its_remedy()
    {
        var session = Opened(new ClusterSession(new SandboxOptions { ApiServerLacksCheckpointRight = true }));

        var admin = session.Run("Test-CheckpointSupport node1").Single;
        var check = Check(admin, "ApiServerRight");

        // An administrator may still connect to the kubelet directly.
        Assert.Equal(("True", "Warning"), (Text(admin, "CanCheckpoint"), check.Outcome));
        Assert.Contains("-FixApiServer", check.Remedy, StringComparison.Ordinal);
        Assert.Equal("Passed", Check(admin, "CheckpointGate").Outcome);

        var user = session.Run("Test-CheckpointSupport node1 -Context operator").Single;
        Assert.Equal(("False", "Failed"), (Text(user, "CanCheckpoint"), Check(user, "ApiServerRight").Outcome));
    }

    [Fact]
    public void A_user_with_few_permissions_gets_checks_and_no_errors()
    {
        var session = Open();
        Assert.NotEmpty(session.Run("Grant-CheckpointAccess limited-user -Task Inspect").Objects);

        var node = session.Run("Test-CheckpointSupport node1 -Context limited").Single;

        Assert.Equal(("False", "False", "False"), (Text(node, "CanCheckpoint"), Text(node, "CanSave"), Text(node, "CanRestore")));
        Assert.Equal("Unknown", Check(node, "Disk").Outcome);
        Assert.Contains("nodes/proxy", Check(node, "Disk").Detail, StringComparison.Ordinal);
        Assert.Contains("Grant-CheckpointAccess", Check(node, "SaveRights").Remedy, StringComparison.Ordinal);
        Assert.Equal("Passed", Check(node, "CheckpointGate").Outcome);
        Assert.Equal("Failed", Check(node, "NodeProxyRight").Outcome);
    }

    [Fact]
    public void A_user_who_may_only_connect_to_the_kubelet_can_checkpoint()
    {
        var session = Open();
        Assert.NotEmpty(session.Run("Grant-CheckpointAccess limited-user -Task Inspect, Checkpoint -DirectToKubelet").Objects);

        var node = session.Run("Test-CheckpointSupport node1 -Context limited").Single;

        Assert.Equal("True", Text(node, "CanCheckpoint"));
        Assert.Equal(("Warning", "Passed"), (Check(node, "NodeProxyRight").Outcome, Check(node, "KubeletRight").Outcome));
    }

    [Fact]
    public async Task A_stopped_kubelet_does_not_stop_the_others()
    {
        var session = Open();
        await session.Cluster.StopKubeletAsync("node2");

        var nodes = session.Run("Test-CheckpointSupport node*").Objects.ToDictionary(node => Text(node, "NodeName")!);

        Assert.Equal(["False", "True", "True"], nodes.Values.Select(node => Text(node, "CanCheckpoint")).Order());
        Assert.Equal("Failed", Check(nodes["node2"], "KubeletReachable").Outcome);
        Assert.Contains("connection refused", Check(nodes["node2"], "KubeletReachable").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Pods_select_their_nodes_once_each()
    {
        var session = Open();

        var nodes = session.Run("Get-Pod -AllNamespaces | Test-CheckpointSupport").Objects.Select(node => Text(node, "NodeName")).ToList();

        Assert.NotEmpty(nodes);
        Assert.Equal(nodes.Distinct().Order(), nodes.Order());
        Assert.Equal("node3", Text(session.Run("'node3', 'node3' | Test-CheckpointSupport").Single, "NodeName"));
    }

    [Fact]
    public async Task A_running_pod_is_looked_into()
    {
        if (OperatingSystem.IsWindows())
            return;
        var folder = Directory.CreateTempSubdirectory("kubecheckpoint-test-").FullName;
        const string Script = "exec 8>\"$0/gone\"; dd if=/dev/zero bs=1048576 count=2 >&8 2>/dev/null; rm \"$0/gone\"; echo; while :; do sleep 1; done";
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script, folder]) { RedirectStandardOutput = true })!;
        try
        {
            await process.StandardOutput.ReadLineAsync();
            var session = Open();
            session.Cluster.AddPod(new SandboxPod("shop", "busy", "node1", new SandboxContainer("app") { Processes = [process.Id] }));
            session.Cluster.AddPod(new SandboxPod("shop", "idle", "node2", new SandboxContainer("app") { Processes = [Environment.ProcessId] }));

            var nodes = session.Run("Get-Pod busy, idle -Namespace shop | Test-CheckpointSupport").Objects.ToDictionary(node => Text(node, "NodeName")!);

            var deleted = Check(nodes["node1"], "DeletedFiles");
            Assert.Equal("Warning", deleted.Outcome);
            Assert.Contains($"shop/busy/app: deleted files of more than 1 MiB: process {process.Id} (sh), descriptor 8 ({folder}/gone (deleted))", deleted.Detail, StringComparison.Ordinal);
            Assert.Contains("ghost-limit", deleted.Remedy, StringComparison.Ordinal);
            Assert.Contains($"process {Environment.ProcessId}", Check(nodes["node2"], "TcpConnections").Detail, StringComparison.Ordinal);
            Assert.DoesNotContain(session.Cluster.Requests, ClusterSession.CreatesPod);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void An_unknown_node_is_an_error_and_the_others_are_tested()
    {
        var outcome = Open().Run("Test-CheckpointSupport nope, node1, 'Not_A_Name'");

        Assert.Equal(["InvalidName", "NodeNotFound"], outcome.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]).Order());
        Assert.Equal("node1", Text(Assert.Single(outcome.Output), "NodeName"));
    }

    [Fact]
    public void Deep_tests_prove_it_and_leave_nothing_behind()
    {
        var session = Open(new SandboxNode("crio", SandboxRuntime.CriO) { RuntimeVersion = "cri-o://1.37.1" }, new SandboxNode("ctrd", SandboxRuntime.Containerd));

        var nodes = session.Run("Test-CheckpointSupport -Deep -Repository $args[0] -Confirm:$false", session.Repository).Objects;

        Assert.All(nodes, node => Assert.Equal(("True", "True", "True"), (Text(node, "CanCheckpoint"), Text(node, "CanSave"), Text(node, "CanRestore"))));
        Assert.All(nodes, node => Assert.All(["CheckpointProof", "SaveProof", "RestoreProof", "RuntimeRestore", "Criu"], name => Assert.Equal("Passed", Check(node, name).Outcome)));
        var proof = PSObject.AsPSObject(nodes[0].Properties["Proof"].Value);
        Assert.All(["CheckpointDuration", "FrozenTime", "ArchiveSize", "SaveDuration", "ImageSize", "PushDuration", "RestoreDuration"], name => Assert.NotNull(proof.Properties[name].Value));
        AssertNothingIsLeft(session);
    }

    [Fact]
    public void Without_a_repository_everything_but_the_restore_is_proven()
    {
        var session = Open();

        var node = session.Run("Test-CheckpointSupport node3 -Deep").Single;

        Assert.Equal(("Passed", "Skipped"), (Check(node, "SaveProof").Outcome, Check(node, "RestoreProof").Outcome));
        AssertNothingIsLeft(session);
    }

    [Theory]
    [InlineData(KubeletBehaviour.CriuMissing, "CRIU")]
    [InlineData(KubeletBehaviour.CriuSupportOff, "Checkpointing is disabled")]
    public void A_failed_checkpoint_in_the_proof_is_reported_like_any_failed_checkpoint(KubeletBehaviour behaviour, string message)
    {
        var session = Open();
        session.Cluster.SetKubeletBehaviour("node1", behaviour);

        var node = session.Run("Test-CheckpointSupport node1 -Deep -Repository $args[0]", session.Repository).Single;

        Assert.Equal("False", Text(node, "CanCheckpoint"));
        Assert.Contains(message, Check(node, "CheckpointProof").Detail, StringComparison.Ordinal);
        Assert.NotNull(Check(node, "CheckpointProof").Remedy);
        Assert.Equal(("Skipped", "Skipped"), (Check(node, "SaveProof").Outcome, Check(node, "RestoreProof").Outcome));
        AssertNothingIsLeft(session);
    }

    [Fact]
    public void A_failed_restore_in_the_proof_is_reported_and_its_pod_removed()
    {
        var session = Open();
        session.Cluster.SetRestoreBehaviour("node3", RestoreBehaviour.Disabled);

        var node = session.Run("Test-CheckpointSupport node3 -Deep -Repository $args[0]", session.Repository).Single;

        Assert.Equal(("True", "False"), (Text(node, "CanCheckpoint"), Text(node, "CanRestore")));
        Assert.Contains("Restoring is disabled in containerd", Check(node, "RestoreProof").Detail, StringComparison.Ordinal);
        AssertNothingIsLeft(session);
    }

    [Fact]
    public void The_nodes_files_are_read_through_a_pod()
    {
        var session = Open(
            new SandboxNode("off", SandboxRuntime.CriO)
            {
                RuntimeVersion = "cri-o://1.37.1",
                Host = new() { CriuVersion = null, Files = new Dictionary<string, string> { ["/etc/crio/crio.conf"] = "[crio.checkpoint_restore]\ncontainer_level_enabled = \"checkpoint_only\"\n" } },
            },
            new SandboxNode("signed", SandboxRuntime.CriO)
            {
                Host = new() { CriuVersion = "3.15", Files = new Dictionary<string, string> { ["/etc/crio/crio.conf.d/10.conf"] = "signature_policy = '/etc/policy.json'\n", ["/etc/criu/runc.conf"] = "tcp-established\n" } },
            });

        var nodes = session.Run("Test-CheckpointSupport -Deep").Objects.ToDictionary(node => Text(node, "NodeName")!);

        Assert.Equal(("Failed", "Failed"), (Check(nodes["off"], "RuntimeRestore").Outcome, Check(nodes["off"], "Criu").Outcome));
        Assert.Contains("its configuration in /etc/crio has container_level_enabled = checkpoint_only", Check(nodes["off"], "RuntimeRestore").Detail, StringComparison.Ordinal);
        Assert.Contains("3.15", Check(nodes["signed"], "Criu").Detail, StringComparison.Ordinal);
        Assert.Contains("runc.conf tcp-established", Check(nodes["signed"], "CriuOptions").Detail, StringComparison.Ordinal);
        Assert.Contains("signature_policy", Check(nodes["signed"], "RuntimeConfiguration").Detail, StringComparison.Ordinal);
        AssertNothingIsLeft(session);
    }

    [Fact]
    public void WhatIf_creates_no_pod()
    {
        var session = Open();

        Assert.Empty(session.Run("Test-CheckpointSupport -Deep -WhatIf").Objects);
        Assert.DoesNotContain(session.Cluster.Requests, ClusterSession.CreatesPod);
    }

    [Fact]
    public void A_repository_with_a_tag_is_refused_before_anything_is_created()
    {
        var session = Open();

        Assert.Equal("ImageNameInvalid", session.Run("Test-CheckpointSupport -Deep -Repository registry.local/a:b").ErrorId);
        Assert.DoesNotContain(session.Cluster.Requests, request => request.Server == SandboxServer.ApiServer);
    }

    [Fact]
    public void Stopping_in_the_middle_of_a_proof_takes_a_second_and_leaves_nothing()
    {
        var session = Opened(new ClusterSession(new SandboxOptions { CheckpointDelay = TimeSpan.FromMinutes(5) }));
        using var shell = session.Session.Prepare("Test-CheckpointSupport node1 -Deep -Confirm:$false");
        var running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => session.CheckpointRequests.Any(request => request.Path.Contains("kubecheckpoint-proof", StringComparison.Ordinal)), TimeSpan.FromSeconds(60)));

        var watch = Stopwatch.StartNew();
        shell.Stop();

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(3), $"It took {watch.Elapsed}.");
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
        AssertNothingIsLeft(session);
    }

    [Fact]
    public void The_views_look_like_kubectl_and_show_remedies()
    {
        var session = Open(new SandboxNode("node1", SandboxRuntime.Containerd) { RuntimeVersion = "containerd://2.4.0" });

        var table = string.Join('\n', session.Session.Show("Test-CheckpointSupport -KubeConfig $args[0]", session.Cluster.KubeConfigPath));
        var checks = string.Join('\n', session.Session.Show("(Test-CheckpointSupport -KubeConfig $args[0]).Checks", session.Cluster.KubeConfigPath));

        Assert.Matches(@"NODE +KUBELET +RUNTIME +CHECKPOINT +SAVE +RESTORE +REASON", table);
        Assert.Matches(@"node1 +v1.36.2 +containerd 2.4.0 +yes +yes +no +RuntimeRestore", table);
        Assert.Contains("Node: node1", checks, StringComparison.Ordinal);
        Assert.Matches(@"Failed +Restore +RuntimeRestore", checks);
    }

    private static CheckView Check(PSObject support, string name) => CheckView.Of(support, name);

    private static void AssertNothingIsLeft(ClusterSession session)
    {
        Assert.DoesNotContain(session.Cluster.Pods, pod => pod["metadata"]!["name"]!.ToString().StartsWith("kubecheckpoint-", StringComparison.Ordinal));
        foreach (var node in new[] { "node1", "node2", "node3", "crio", "ctrd" })
        {
            try
            {
                Assert.DoesNotContain(Directory.GetFiles(session.Cluster.CheckpointFolder(node)), file => file.Contains("kubecheckpoint", StringComparison.Ordinal));
            }
            catch (KeyNotFoundException)
            {
            }
        }
        // Other test processes prove checkpoints too; their folders go away by themselves.
        Assert.True(SpinWait.SpinUntil(() => Directory.GetDirectories(Path.GetTempPath(), "kubecheckpoint-proof-*").Length == 0, TimeSpan.FromSeconds(60)));
    }

    private ClusterSession Open(params SandboxNode[] nodes) =>
        Opened(new ClusterSession(nodes.Length == 0 ? null : new SandboxOptions { Nodes = nodes, DefaultPods = false }));

    private T Opened<T>(T item)
        where T : IDisposable
    {
        _opened.Add(item);
        return item;
    }
}
