using System.Collections.Concurrent;
using System.Management.Automation;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Initialize-CheckpointNode: configures nodes for checkpoints and restores.</summary>
public sealed class InitializeCheckpointNodeTests : IDisposable
{
    private const string RuncConf = "/etc/criu/runc.conf";
    private const string CrioDropIn = "/etc/crio/crio.conf.d/99-kubecheckpoint.conf";
    private const string ContainerdMain = "/etc/containerd/config.toml";
    private const string ContainerdDropIn = "/etc/containerd/conf.d/99-kubecheckpoint.toml";

    private readonly List<IDisposable> _opened = [];

    /// <summary>The pods there were when commands were run in pods.</summary>
    private readonly ConcurrentQueue<JsonObject> _pods = new();

    public void Dispose() => _opened.ForEach(item => item.Dispose());

    [Fact]
    public void A_busy_pod_is_checkpointed_after_it_and_what_was_there_stays()
    {
        var session = Open(Node("n", SandboxRuntime.CriO, (RuncConf, "# ours\nlog-file /tmp/x")));
        session.Cluster.AddPod(new SandboxPod("shop", "busy", "n", new SandboxContainer("app")));
        session.Cluster.SetKubeletBehaviour("n", KubeletBehaviour.EstablishedTcp, "shop", "busy");
        Assert.NotNull(session.Run("Invoke-ContainerCheckpoint busy -Namespace shop").ErrorId);

        var setup = session.Run("Initialize-CheckpointNode n -Confirm:$false").Single;

        Assert.Equal("# ours\nlog-file /tmp/x\n# Added by Initialize-CheckpointNode of KubeCheckpoint.\ntcp-established\ntcp-close\nskip-in-flight\n", File(session, "n", RuncConf));
        Assert.Equal("# ours\nlog-file /tmp/x", File(session, "n", RuncConf + ".kubecheckpoint.bak"));
        Assert.Equal(("runc", null, "False"), (Text(setup, "OciRuntime"), Text(setup, "NeedsRestart"), Text(setup, "IsRestarted")));
        Assert.Equal(["Changed /etc/criu/runc.conf"], Files(setup));
        Assert.Single(session.Run("Invoke-ContainerCheckpoint busy -Namespace shop").Objects);
        Assert.Equal(0, session.Cluster.RuntimeRestarts("n"));
        Assert.Empty(Files(session.Run("Initialize-CheckpointNode n -Confirm:$false").Single));

        Assert.Equal(["Restored /etc/criu/runc.conf"], Files(session.Run("Initialize-CheckpointNode n -Undo -Confirm:$false").Single));
        Assert.Equal("# ours\nlog-file /tmp/x", File(session, "n", RuncConf));
        Assert.NotNull(session.Run("Invoke-ContainerCheckpoint busy -Namespace shop").ErrorId);
        AssertNoPodIsLeft(session);
    }

    [Fact]
    public void WhatIf_shows_a_diff_and_only_reads()
    {
        var session = Open(
            Node("a", SandboxRuntime.CriO, ("/etc/crio/crio.conf", "[crio.checkpoint_restore]\ncontainer_level_enabled = \"checkpoint_only\"\n"), (RuncConf, "tcp-established\n")),
            Node("b", SandboxRuntime.Containerd, (ContainerdMain, "version = 3\n# password\n")) with { RuntimeVersion = "containerd://2.3.4" });

        var shown = string.Join('\n', session.Session.Show("Initialize-CheckpointNode a, b -RestartRuntime -WhatIf -KubeConfig $args[0]", session.Cluster.KubeConfigPath));

        Assert.Contains("--- /etc/criu/runc.conf\n+++ /etc/criu/runc.conf\n@@ -1 +1,4 @@\n tcp-established\n+# Added", shown, StringComparison.Ordinal);
        Assert.Contains("--- /dev/null\n+++ /etc/crio/crio.conf.d/99-kubecheckpoint.conf\n", shown, StringComparison.Ordinal);
        Assert.Contains("+container_level_enabled = \"checkpoint_restore\"", shown, StringComparison.Ordinal);
        Assert.Contains("@@ -0,0 +1 @@\n+imports = [\"/etc/containerd/conf.d/*kubecheckpoint.toml\"]", shown, StringComparison.Ordinal);
        Assert.Contains("+enable_experimental_restore_via_create = true", shown, StringComparison.Ordinal);
        Assert.Contains("Restart containerd.service", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("password", shown, StringComparison.Ordinal);
        Assert.Equal("tcp-established\n", File(session, "a", RuncConf));
        Assert.NotEmpty(_pods);
        Assert.All(_pods, pod => Assert.All(pod["spec"]!["containers"]![0]!["volumeMounts"]!.AsArray(), mount => Assert.True((bool?)mount!["readOnly"])));
        AssertNoPodIsLeft(session);
    }

    [Fact]
    public void Restores_are_switched_on_by_a_restart_one_node_at_a_time()
    {
        var session = Open(
            Node("a", SandboxRuntime.CriO, ("/etc/crio/crio.conf", "[crio.runtime]\nenable_criu_support = false\n")) with { RuntimeVersion = "cri-o://1.37.1" },
            Node("b", SandboxRuntime.Containerd, (ContainerdMain, "version = 2\n\n[plugins.\"io.containerd.cri.v1.runtime\"]\nenable_experimental_restore_via_create = false\n")) with { RuntimeVersion = "containerd://2.3.4" },
            Node("c", SandboxRuntime.Containerd) with { RuntimeVersion = "containerd://2.3.4" });
        foreach (var node in (string[])["a", "b"])
            session.Cluster.AddPod(new SandboxPod("shop", node, node, new SandboxContainer("app")));
        Assert.NotNull(session.Run("Invoke-ContainerCheckpoint a -Namespace shop").ErrorId);

        var first = session.Run("Test-CheckpointSupport | Initialize-CheckpointNode -Feature Checkpoint, Restore -Confirm:$false").Objects;

        Assert.Equal(["crio.service", "containerd.service", "containerd.service"], first.Select(setup => Text(setup, "NeedsRestart")));
        Assert.Equal(["Created /etc/crio/crio.conf.d/99-kubecheckpoint.conf"], Files(first[0]));
        Assert.Equal(["Created " + ContainerdDropIn, "Changed " + ContainerdMain], Files(first[1]));
        Assert.Contains($"+++ {ContainerdDropIn}\n", Text(first[1], "Diff"), StringComparison.Ordinal);
        Assert.Contains($"+++ {ContainerdMain}\n", Text(first[1], "Diff"), StringComparison.Ordinal);
        Assert.Equal(["Created " + ContainerdDropIn, "Created " + ContainerdMain], Files(first[2]));
        Assert.NotNull(session.Run("Invoke-ContainerCheckpoint a -Namespace shop").ErrorId);

        var second = session.Run("Initialize-CheckpointNode * -RestartRuntime -Feature Checkpoint, Restore -Confirm:$false").Objects;

        Assert.All(second, setup => Assert.Equal(("True", null), (Text(setup, "IsRestarted"), Text(setup, "NeedsRestart"))));
        Assert.Single(session.Run("Invoke-ContainerCheckpoint a -Namespace shop").Objects);
        var nodes = session.Run("Test-CheckpointSupport -Deep -Repository $args[0]", session.Repository).Objects;
        Assert.All(nodes, node => Assert.Equal(("True", "True"), (Text(node, "CanCheckpoint"), Text(node, "CanRestore"))));
        Assert.Equal("[crio.runtime]\nenable_criu_support = false\n", File(session, "a", "/etc/crio/crio.conf"));

        var undone = session.Run("Initialize-CheckpointNode b -Undo -RestartRuntime -Confirm:$false").Single;

        Assert.Equal(["Restored " + ContainerdMain, "Removed " + ContainerdDropIn], Files(undone));
        Assert.Equal("True", Text(undone, "IsRestarted"));
        Assert.Equal("False", Text(session.Run("Test-CheckpointSupport b -Deep -Repository $args[0]", session.Repository).Single, "CanRestore"));
        AssertNoPodIsLeft(session);
    }

    [Fact]
    public void A_failed_restart_stops_before_further_nodes_and_puts_the_files_back_if_they_are_the_cause()
    {
        const string Off = "[crio.checkpoint_restore]\ncontainer_level_enabled = \"none\"\n";
        (SandboxService Service, string ErrorId, bool IsKept)[] cases =
        [
            (SandboxService.NoSystemd, "RuntimeRestartNotPossible", true),
            (SandboxService.FailsToStart, "RuntimeRestartFailed", false),
            (SandboxService.NeverStarts, "RuntimeRestartFailed", false),
            (SandboxService.NodeStaysDown, "NodeNotBack", true),
        ];
        var nodes = cases.Select(one => Node(Name(one.Service), SandboxRuntime.CriO, one.Service, ("/etc/crio/crio.conf", Off)));
        var session = Open([.. nodes, Node("z", SandboxRuntime.CriO, ("/etc/crio/crio.conf", Off))]);
        foreach (var (service, errorId, isKept) in cases)
        {
            var outcome = session.Run("Initialize-CheckpointNode $args[0], z -RestartRuntime -TimeoutSec 1 -Confirm:$false", Name(service));

            Assert.Equal([errorId, "NodeNotTouched"], outcome.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
            Assert.Empty(outcome.Output);
            Assert.Equal(isKept, System.IO.File.Exists(session.Cluster.NodeFile(Name(service), CrioDropIn)));
            Assert.Equal(Off, File(session, Name(service), "/etc/crio/crio.conf"));
        }

        Assert.False(System.IO.File.Exists(session.Cluster.NodeFile("z", CrioDropIn)));
        Assert.Equal(0, session.Cluster.RuntimeRestarts("z"));
        AssertNoPodIsLeft(session);

        static string Name(SandboxService service) => service.ToString().ToLowerInvariant();
    }

    [Fact]
    public void What_cannot_be_done_soundly_is_refused()
    {
        var session = Open(
            Node("broken", SandboxRuntime.Containerd, (ContainerdMain, "version = 3\nthis is no TOML\n")) with { RuntimeVersion = "containerd://2.3.4" },
            Node("overridden", SandboxRuntime.CriO, ("/etc/crio/crio.conf.d/zz.conf", "[crio.checkpoint_restore]\ncontainer_level_enabled = \"none\"\n")),
            Node("elsewhere", SandboxRuntime.Containerd, (ContainerdMain, "imports = [\"/opt/*.toml\"]\n")) with { RuntimeVersion = "containerd://2.3.4" },
            Node("first", SandboxRuntime.Containerd, (ContainerdMain, "[plugins.cri]\n")) with { RuntimeVersion = "containerd://2.3.4" },
            Node("second", SandboxRuntime.Containerd, (ContainerdMain, "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd]\n")) with { RuntimeVersion = "containerd://2.2.7" },
            Node("docker", SandboxRuntime.Containerd) with { RuntimeVersion = "docker://28.1.0" },
            Node("linked", SandboxRuntime.CriO),
            Node("k3s", SandboxRuntime.Containerd) with { RuntimeVersion = "containerd://2.3.4-k3s1", KubeletVersion = "v1.36.2+k3s1" },
            Node("importing", SandboxRuntime.Containerd, (ContainerdMain, "imports = ['/etc/containerd/config.d/*.toml']\nversion = 3\n")) with { RuntimeVersion = "containerd://2.2.7" });
        var target = Path.Join(session.Folder, "target");
        System.IO.File.WriteAllText(target, "x\n");
        Directory.CreateDirectory(session.Cluster.NodeFile("linked", "/etc/criu"));
        System.IO.File.CreateSymbolicLink(session.Cluster.NodeFile("linked", RuncConf), target);

        Assert.Equal("NodeSettingOverridden", session.Run("Initialize-CheckpointNode overridden -Confirm:$false").ErrorId);
        Assert.Equal("NodeImportsUnusable", session.Run("Initialize-CheckpointNode elsewhere -Confirm:$false").ErrorId);
        Assert.Equal("NodeConfigurationOld", session.Run("Initialize-CheckpointNode first -Confirm:$false").ErrorId);
        Assert.Equal("NodeRuntimeNotSupported", session.Run("Initialize-CheckpointNode docker -Confirm:$false").ErrorId);
        Assert.Equal("NodeFileIsLink", session.Run("Initialize-CheckpointNode linked -Confirm:$false").ErrorId);
        var rejected = session.Run("Initialize-CheckpointNode broken -RestartRuntime -Confirm:$false");
        Assert.Equal("RuntimeRestartFailed", rejected.ErrorId);
        Assert.Contains("this is no TOML", rejected.Error.Exception.Message, StringComparison.Ordinal);

        Assert.Equal("x\n", System.IO.File.ReadAllText(target));
        Assert.Equal("version = 3\nthis is no TOML\n", File(session, "broken", ContainerdMain));
        Assert.Equal(0, session.Cluster.RuntimeRestarts("broken"));
        foreach (var node in (string[])["broken", "overridden", "elsewhere", "first", "docker", "linked"])
        {
            var files = Directory.GetFiles(session.Cluster.NodeFile(node, "/etc"), "*", SearchOption.AllDirectories).Select(Path.GetFileName);
            Assert.DoesNotContain(files, file => file!.Contains("kubecheckpoint", StringComparison.Ordinal));
        }

        // containerd up to 2.2 would drop the section of version 2 for one of version 3.
        Assert.Single(session.Run("Initialize-CheckpointNode second -Feature Restore -Confirm:$false").Objects);
        Assert.Contains("version = 2\n\n[plugins.'io.containerd.grpc.v1.cri']\n", File(session, "second", ContainerdDropIn), StringComparison.Ordinal);

        var setups = session.Run("Initialize-CheckpointNode importing, k3s -Feature Restore -Confirm:$false").Objects;
        Assert.Equal(["Created /etc/containerd/config.d/99-kubecheckpoint.toml"], Files(setups[0]));
        Assert.Empty(Files(setups[1]));
        var remark = Assert.Single(Items(setups[1], "Remarks"));
        Assert.Contains("/var/lib/rancher/k3s/agent/etc/containerd/config-v3.toml.d/99-kubecheckpoint.toml", remark, StringComparison.Ordinal);
        Assert.Contains("'enable_experimental_restore_via_create = true'", remark, StringComparison.Ordinal);
        Assert.Contains("restart the service k3s or k3s-agent", remark, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_was_asked_for_is_written_and_the_pod_is_privileged_only_for_a_restart()
    {
        var session = Open(Node("a", SandboxRuntime.CriO, ("/etc/crio/crio.conf", "[crio.runtime]\ndefault_runtime = \"crun\"\nenable_criu_support = false\n"), (RuncConf, "# shared\n")));

        var setup = session.Run("Initialize-CheckpointNode a -CriuOption 'ghost-limit 300M', --link-remap -RestartRuntime -Confirm:$false").Single;

        Assert.Equal("crun", Text(setup, "OciRuntime"));
        Assert.EndsWith("-Undo.\nghost-limit 300M\nlink-remap\n", File(session, "a", "/etc/criu/crun.conf"), StringComparison.Ordinal);
        Assert.StartsWith("# shared\n", File(session, "a", "/etc/criu/crun.conf"), StringComparison.Ordinal);
        Assert.Equal("# shared\n", File(session, "a", RuncConf));
        Assert.NotEmpty(_pods);
        Assert.All(_pods, pod => Assert.NotEqual(true, (bool?)pod["spec"]!["hostPID"]));
        Assert.Equal("CriuOptionInvalid", session.Run("Initialize-CheckpointNode a -CriuOption ghost-limit").ErrorId);
        Assert.Equal("CriuOptionInvalid", session.Run("Initialize-CheckpointNode a -CriuOption 'leave-running'").ErrorId);
    }

    [Fact]
    public void The_view_shows_what_was_done()
    {
        var session = Open(Node("a", SandboxRuntime.CriO, ("/etc/crio/crio.conf", "[crio.checkpoint_restore]\ncontainer_level_enabled = \"none\"\n")));

        var shown = string.Join('\n', session.Session.Show("Initialize-CheckpointNode a -Confirm:$false -KubeConfig $args[0]", session.Cluster.KubeConfigPath));

        Assert.Matches("NODE +RUNTIME +OCIRUNTIME +RESTART +FILES", shown);
        Assert.Matches("a +CriO +runc +crio.service +Created /etc/criu/runc.conf", shown);
    }

    private static SandboxNode Node(string name, SandboxRuntime runtime, params (string Path, string Text)[] files) => Node(name, runtime, SandboxService.Systemd, files);

    private static SandboxNode Node(string name, SandboxRuntime runtime, SandboxService service, params (string Path, string Text)[] files) =>
        new(name, runtime) { Host = new() { Service = service, Files = files.ToDictionary(file => file.Path, file => file.Text) } };

    private static string[] Files(PSObject setup) => Items(setup, "Files");

    private static string[] Items(PSObject setup, string property) =>
        [.. LanguagePrimitives.GetEnumerable(setup.Properties[property].Value).Cast<object>().Select(item => item.ToString()!)];

    private static string File(ClusterSession session, string node, string path) => System.IO.File.ReadAllText(session.Cluster.NodeFile(node, path));

    private static void AssertNoPodIsLeft(ClusterSession session) => Assert.True(SpinWait.SpinUntil(
        () => session.Cluster.Pods.All(pod => !pod["metadata"]!["name"]!.ToString().StartsWith("kubecheckpoint-", StringComparison.Ordinal)), TimeSpan.FromSeconds(30)));

    private ClusterSession Open(params SandboxNode[] nodes)
    {
        var session = new ClusterSession(new SandboxOptions { Nodes = nodes, DefaultPods = false });
        _opened.Add(session);
        session.Cluster.AddFault(new() { PathContains = "/exec?", Times = int.MaxValue, When = Look });
        return session;

        bool Look(SandboxRequest request)
        {
            foreach (var pod in session.Cluster.Pods)
                _pods.Enqueue(pod);
            return false;
        }
    }
}
