using System.Diagnostics;
using System.Management.Automation;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Move-Pod: what it does for each owner, what it refuses, and what it undoes.</summary>
public sealed class MovePodTests : IDisposable
{
    private const string Cost = "controller.kubernetes.io/pod-deletion-cost";

    private readonly ClusterSession _session = new(new SandboxOptions
    {
        PodRetry = TimeSpan.FromMilliseconds(100),

        // A busy machine must see each step of a dump, too.
        DumpStep = TimeSpan.FromMilliseconds(100),
        HoldWindow = TimeSpan.FromSeconds(1),
    });

    public MovePodTests()
    {
        _session.Cluster.AddPod(new SandboxPod("shop", "solo", "node1", new SandboxContainer("app") { Environment = new Dictionary<string, string> { ["PORT"] = "8088" } })
        {
            Labels = new Dictionary<string, string> { ["app"] = "solo" },
            AutomountServiceAccountToken = false,
        });
    }

    public void Dispose() => _session.Dispose();

    [Fact]
    public void A_pod_without_an_owner_is_moved_under_another_name_and_keeps_labels_and_host_name()
    {
        var outcome = Move("Get-Pod solo -Namespace shop | Move-Pod -NodeName node2 -Repository $args[0] -HttpGet 8088/ -TcpPort 8088 -ScriptBlock { $_.NodeName -eq 'node2' }");

        var move = outcome.Single;
        Assert.Equal("shop/solo on node1 -> shop/solo-moved on node2", move.ToString());
        var pod = Assert.Single(Pods(), pod => Name(pod).StartsWith("solo", StringComparison.Ordinal));
        Assert.Equal(("solo-moved", "node2", "solo", "solo"), (Name(pod), Field(pod, "spec", "nodeName"), Field(pod, "spec", "hostname"), Field(pod, "metadata", "labels", "app")));
        Assert.Equal(["Http 8088/: ok", "Tcp 8088: ok", "Script $_.NodeName -eq 'node2': ok"], Texts(move, "Probes"));
        Assert.Equal(TimeSpan.Zero, move.Properties["Gap"].Value);
        Assert.InRange((TimeSpan)move.Properties["Downtime"].Value, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
        Assert.Equal(["app"], Texts(move, "HeldContainers"));
        Assert.Equal(
            ["Checkpoint", "Save", "Freeze", "Preflight", "Prepare", "Push", "PullBaseImage", "Restore", "Probe", "Replace"],
            Texts(move, "Stages").Select(stage => stage.Split(' ')[0]));
        NothingIsLeft();
    }

    [Fact]
    public void A_moved_pod_can_be_piped_on_and_moved_again()
    {
        var move = Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0] | Move-Pod -NodeName node1 -Repository $args[0]").Single;

        Assert.Equal("shop/solo-moved on node2 -> shop/solo-moved-2 on node1", move.ToString());
    }

    [Fact]
    public void A_replica_set_adopts_the_new_pod_and_removes_the_original_itself()
    {
        var original = AddReplicaSet(replicas: 3);
        using var counts = new PodCounts(_session.Cluster, "web-5d4f");

        var move = Move($"Get-Pod {original} -Namespace shop | Move-Pod -NodeName node2 -Repository $args[0]").Single;

        Assert.Equal("ReplicaSet/web-5d4f", Text(move, "Owner"));
        var pods = Pods().Where(pod => Owner(pod) == "web-5d4f").ToList();
        Assert.Equal(3, pods.Count);
        Assert.DoesNotContain(pods, pod => Name(pod) == original);
        var moved = Assert.Single(pods, pod => Name(pod) == Text(move, "PodName"));
        Assert.Matches("^web-5d4f-[a-z0-9]{5}$", Name(moved));
        Assert.Equal(("node2", "5d4f", "web"), (Field(moved, "spec", "nodeName"), Field(moved, "metadata", "labels", "pod-template-hash"), Field(moved, "metadata", "labels", "app")));
        Assert.Equal("", Field(moved, "metadata", "annotations", Cost));
        Assert.InRange(counts.Least, 2, 3);
        NothingIsLeft();
    }

    [Fact]
    public void A_replica_set_with_an_unready_pod_is_not_changed()
    {
        var original = AddReplicaSet(replicas: 2);
        var other = Name(Pods().First(pod => Owner(pod) == "web-5d4f" && Name(pod) != original));
        _session.Cluster.UpdatePod("shop", other, pod => Condition(pod, "Ready")["status"] = "False");

        var error = Move($"Move-Pod {original} -Namespace shop -NodeName node2 -Repository $args[0]").Error;

        Assert.StartsWith("MoveOwnerBusy,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(other, error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_session.CheckpointRequests);
    }

    [Fact]
    public void WhatIf_and_confirm_explain_the_move_and_do_nothing()
    {
        var original = AddReplicaSet(replicas: 1, owner: "web");
        var shown = string.Join(' ', _session.Session.Show($"Move-Pod {original} -Namespace shop -NodeName node2 -Repository r.local/x -WhatIf"));
        Assert.Contains("ReplicaSet 'web-5d4f' of Deployment 'web' adopts the new pod", shown, StringComparison.Ordinal);
        Assert.Contains("The original is frozen from its checkpoint until the new pod has replaced it, for at most 300 s.", shown, StringComparison.Ordinal);
        var lossy = string.Join(' ', _session.Session.Show($"Move-Pod {original} -Namespace shop -NodeName node2 -Repository r.local/x -NoFreeze -WhatIf"));
        Assert.Contains("after the checkpoint is not in the new pod", lossy, StringComparison.Ordinal);

        var asked = "";
        _session.Session.Host.Answer = question =>
        {
            asked = question;
            return 2;
        };
        Assert.Empty(_session.Run("Move-Pod multi -Namespace shop -NodeName node2 -Repository r.local/x").Objects);
        Assert.Contains("emptyDir volume 'scratch'", asked, StringComparison.Ordinal);
        Assert.Contains("has no owner", asked, StringComparison.Ordinal);
        Assert.Empty(_session.CheckpointRequests);
    }

    [Fact]
    public void A_pod_of_a_stateful_set_is_moved_out_of_it_only_on_request()
    {
        _session.Cluster.UpdatePod("shop", "web-1", pod => pod["metadata"]!["annotations"] = new JsonObject());
        var error = Move("Move-Pod web-1 -Namespace shop -NodeName node2 -Repository $args[0]").Error;
        Assert.StartsWith("MoveOwnerUnsupported,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("StatefulSet 'web'", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("-AsStandalone", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        var move = Move("Move-Pod web-1 -Namespace shop -NodeName node2 -Repository $args[0] -AsStandalone").Single;
        Assert.Equal(("web-1-moved", null), (Text(move, "PodName"), Text(move, "Owner")));
        Assert.DoesNotContain(Pods(), pod => Name(pod) == "web-1");
    }

    [Fact]
    public void A_pod_moved_out_of_its_owner_is_not_adopted_again()
    {
        var original = AddReplicaSet(replicas: 1);
        var shown = string.Join(' ', _session.Session.Show($"Move-Pod {original} -Namespace shop -NodeName node2 -Repository r.local/x -AsStandalone -WhatIf"));
        Assert.Contains("The new pod has no owner.", shown, StringComparison.Ordinal);

        var move = Move($"Move-Pod {original} -Namespace shop -NodeName node2 -Repository $args[0] -AsStandalone -NewName alone").Single;

        Assert.Equal(("alone", null), (Text(move, "PodName"), Text(move, "Owner")));
        Assert.True(SpinWait.SpinUntil(() => Pods().Count(pod => Owner(pod) == "web-5d4f" && ReplicaSets.IsReady(pod)) == 1, TimeSpan.FromSeconds(10)));
        Assert.Equal("", Owner(Pods().Single(pod => Name(pod) == "alone")));
    }

    [Theory]
    [InlineData("solo", "-NodeName node1", "MoveToSameNode")]
    [InlineData("solo", "-NodeName nosuch", "NodeNotFound")]
    [InlineData("solo", "-NodeName node2 -NewName multi", "PodExists")]
    [InlineData("nosuch", "-NodeName node2", "PodNotFound")]
    [InlineData("done", "-NodeName node2 -Namespace default", "PodNotRunning")]
    [InlineData("solo", "-NodeName node2 -HttpGet /healthz", "ProbeInvalid")]
    public void Impossible_moves_are_refused_before_anything_is_done(string pod, string arguments, string errorId)
    {
        if (!arguments.Contains("-Namespace", StringComparison.Ordinal))
            arguments += " -Namespace shop";
        Assert.Equal(errorId, Move($"Move-Pod {pod} {arguments} -Repository $args[0]").ErrorId);
        Assert.DoesNotContain(_session.Cluster.Requests, request => request.Method == "POST");
    }

    [Fact]
    public void An_unschedulable_node_is_refused_unless_forced()
    {
        _session.Cluster.UpdateNode("node2", node => node["spec"]!["unschedulable"] = true);
        Assert.Equal("NodeCordoned", Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0]").ErrorId);
        Assert.Equal("node2", Text(Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0] -Force").Single, "NodeName"));

        _session.Cluster.UpdateNode("node1", node => node["spec"]!["taints"] = JsonNode.Parse("""[{"key":"kept","value":"free","effect":"NoSchedule"}]"""));
        Assert.Equal("NodeTaintRepels", Move("Move-Pod solo-moved -Namespace shop -NodeName node1 -Repository $args[0]").ErrorId);
        _session.Cluster.UpdatePod("shop", "solo-moved", pod => pod["spec"]!["tolerations"] = JsonNode.Parse("""[{"key":"kept","operator":"Exists","effect":"NoSchedule"}]"""));
        Assert.Empty(Move("Move-Pod solo-moved -Namespace shop -NodeName node1 -Repository $args[0] -WhatIf").Errors);

        _session.Cluster.UpdateNode("node1", node => node["spec"]!["taints"] = JsonNode.Parse("""[{"key":"drain","value":"now","effect":"NoExecute"}]"""));
        Assert.Equal("NodeTaintNotTolerated", Move("Move-Pod solo-moved -Namespace shop -NodeName node1 -Repository $args[0]").ErrorId);
        _session.Cluster.UpdateNode("node1", node => node["status"]!["conditions"]![3]!["status"] = "False");
        Assert.Equal("NodeNotReady", Move("Move-Pod solo-moved -Namespace shop -NodeName node1 -Repository $args[0]").ErrorId);
    }

    [Fact]
    public void A_node_that_the_pod_does_not_allow_is_named_before_anything_is_done()
    {
        _session.Cluster.UpdatePod("shop", "solo", pod => pod["spec"]!["nodeSelector"] = new JsonObject { ["disk"] = "ssd", ["kubernetes.io/hostname"] = "node1" });
        var error = Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0]").Error;
        Assert.StartsWith("NodeSelectorMismatch,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("disk=ssd", error.ToString(), StringComparison.Ordinal);

        _session.Cluster.UpdateNode("node2", node => node["metadata"]!["labels"]!["disk"] = "ssd");
        Assert.Equal("solo-moved", Text(Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0]").Single, "PodName"));
    }

    [Fact]
    public void Two_pods_of_one_replica_set_are_replaced_one_after_the_other()
    {
        AddReplicaSet(replicas: 3);
        using var counts = new PodCounts(_session.Cluster, "web-5d4f");

        var moves = Move("Get-Pod web-5d4f* -Namespace shop | Move-Pod -NodeName node2 -Repository $args[0] -ThrottleLimit 3").Objects;

        Assert.Equal(3, moves.Count);
        Assert.All(Pods().Where(pod => Owner(pod) == "web-5d4f"), pod => Assert.Equal("node2", Field(pod, "spec", "nodeName")));
        Assert.InRange(counts.Least, 2, 3);
    }

    [Theory]
    [InlineData("ReadWriteOnce", "", "MoveVolumeNotShared")]
    [InlineData("ReadWriteMany", "node1", "MoveVolumeUnreachable")]
    [InlineData("ReadWriteMany", "node2", null)]
    public void Volumes_that_cannot_be_on_both_nodes_are_refused(string mode, string node, string? errorId)
    {
        _session.Cluster.AddObject("persistentvolumeclaims", JsonNode.Parse(
            $$"""{"metadata":{"name":"data","namespace":"shop"},"spec":{"accessModes":["{{mode}}"],"volumeName":"pv-1"},"status":{"accessModes":["{{mode}}"]} }""")!.AsObject());
        _session.Cluster.AddObject("persistentvolumes", JsonNode.Parse(
            $$"""{"metadata":{"name":"pv-1","namespace":""},"spec":{"nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"kubernetes.io/hostname","operator":"In","values":["{{node}}"]}]}]} } } }""")!.AsObject());
        _session.Cluster.UpdatePod("shop", "solo", pod => pod["spec"]!["volumes"] = JsonNode.Parse("""[{"name":"data","persistentVolumeClaim":{"claimName":"data"} }]"""));

        var outcome = Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0] -WhatIf");

        if (errorId is null)
            Assert.Empty(outcome.Objects);
        else
            Assert.Equal(errorId, outcome.ErrorId);
    }

    [Fact]
    public void An_occupied_port_of_the_node_is_named()
    {
        void Take(JsonObject pod) => pod["spec"]!["containers"]![0]!["ports"] = JsonNode.Parse("""[{"containerPort":80,"hostPort":8080}]""");
        _session.Cluster.UpdatePod("shop", "solo", Take);
        _session.Cluster.AddPod(new SandboxPod("default", "holder", "node2", new SandboxContainer("main")) { Adjust = Take });

        var error = Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0]").Error;
        Assert.StartsWith("MoveHostPortTaken,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("default/holder", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("checkpoint", "CriuDumpFailed|EstablishedTcpConnection")]
    [InlineData("push", "Registry")]
    [InlineData("restore", "RestoreFailed")]
    [InlineData("probe", "ProbeFailed")]
    public void Any_failure_leaves_the_original_running_and_nothing_else(string step, string inner)
    {
        switch (step)
        {
            case "checkpoint":
                _session.Cluster.SetKubeletBehaviour("node1", KubeletBehaviour.EstablishedTcp);
                break;
            case "push":
                _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.Registry, Status = 403, Times = int.MaxValue });
                break;
            case "restore":
                _session.Cluster.SetRestoreBehaviour("node2", RestoreBehaviour.Disabled);
                break;
        }

        var error = Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0] -TcpPort 81 -ProbeTimeoutSec 2").Error;

        Assert.StartsWith("MoveFailed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Matches(inner, (string)((dynamic)error.Exception.InnerException!).ErrorId);
        Assert.Contains("The original continues to run. What the move had created was removed.", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("solo", Name(Assert.Single(Pods(), pod => Name(pod).StartsWith("solo", StringComparison.Ordinal))));
        NothingIsLeft();
    }

    [Fact]
    public void An_unfinished_checkpoint_may_have_left_the_original_frozen()
    {
        const string Late = "checkpointing of shop/solo/app failed (rpc error: code = DeadlineExceeded desc = context deadline exceeded)";
        _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.Kubelet, PathContains = "/checkpoint/", Status = 500, Body = Late, Times = int.MaxValue });
        _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.ApiServer, When = request => request.Path.Contains("kubecheckpoint-transfer-", StringComparison.Ordinal) && request.Path.Contains("/exec?", StringComparison.Ordinal), Status = 403, Skip = 1, Times = int.MaxValue });

        var error = Move("Move-Pod solo -Namespace shop -NodeName node2 -NoFreeze -Repository $args[0]").Error;

        Assert.StartsWith("MoveFailed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("CheckpointTimedOut", (string)((dynamic)error.Exception.InnerException!).ErrorId);
        Assert.Contains("The original still exists, and may be frozen.", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("runs on", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("kill -CONT", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("solo", Name(Assert.Single(Pods(), pod => Name(pod).StartsWith("solo", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("POST", "/v2/", SandboxServer.Registry)]
    [InlineData("POST", "/namespaces/kube-checkpoint/pods", SandboxServer.ApiServer)]
    public void What_would_end_the_move_after_the_checkpoint_is_found_before(string method, string path, SandboxServer server)
    {
        _session.Cluster.AddFault(new SandboxFault { Server = server, Method = method, PathContains = path, Status = 403, Times = int.MaxValue });

        var error = Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0]").Error;

        Assert.StartsWith("MoveFailed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_session.CheckpointRequests);
        NothingIsLeft();
    }

    [Theory]
    [InlineData("", "RestoreImpossible")]
    [InlineData("-Force", "RestoreFailed")]
    [InlineData("-SkipPreflight", "RestoreFailed")]
    public void A_restore_that_would_fail_is_not_attempted_unless_forced(string switches, string inner)
    {
        _session.Cluster.SetRestoreBehaviour("node2", RestoreBehaviour.Disabled);
        _session.Cluster.AddPod(new SandboxPod("shop", "zoo", "node1", new SandboxContainer("zoo")
        {
            Archive = Fixture.Zoo,
        }));

        var outcome = Move($"Move-Pod zoo -Namespace shop -NodeName node2 -Repository $args[0] -SkipPrePull {switches}");

        Assert.Equal(inner, (string)((dynamic)outcome.Error.Exception.InnerException!).ErrorId);
        Assert.Equal(switches == "-Force", outcome.Warnings.Any(warning => warning.Message.Contains("/dev/shm", StringComparison.Ordinal)));
        Assert.Equal(switches.Length == 0, !_session.Cluster.Requests.Any(request => request.Server == SandboxServer.Registry && request.Method == "PUT" && request.Path.Contains("/manifests/", StringComparison.Ordinal)));
        Assert.Equal("zoo", Name(Assert.Single(Pods(), pod => Name(pod).StartsWith("zoo", StringComparison.Ordinal))));
        NothingIsLeft();
    }

    [Fact]
    public void A_replica_set_that_removes_another_pod_is_reported()
    {
        var original = AddReplicaSet(replicas: 2);
        var other = Name(Pods().First(pod => Owner(pod) == "web-5d4f" && Name(pod) != original));

        // The move cannot give the original a lower deletion cost than this, and with more restarts this pod is deleted first.
        _session.Cluster.UpdatePod("shop", other, pod => pod["metadata"]!["annotations"] = new JsonObject { [Cost] = "-2147483648" });
        _session.Cluster.UpdatePod("shop", other, pod => pod["status"]!["containerStatuses"]![0]!["restartCount"] = 5);
        var error = Move($"Move-Pod {original} -Namespace shop -NodeName node2 -Repository $args[0] -NoFreeze").Error;

        Assert.StartsWith("MoveWrongPodRemoved,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(other, error.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, Pods().Count(pod => Owner(pod) == "web-5d4f" && pod["metadata"]!["deletionTimestamp"] is null));
    }

    [Fact]
    public void Ctrl_c_undoes_everything_within_a_second()
    {
        _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.ApiServer, Method = "GET", PathContains = "/pods/solo-moved", NeverResponds = true, Times = int.MaxValue, Skip = 1 });
        using var shell = _session.Session.Prepare("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0] -Confirm:$false", _session.Repository);
        var running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => Pods().Any(pod => Name(pod) == "solo-moved"), TimeSpan.FromSeconds(20)), "The restored pod is not there.");

        var clock = Stopwatch.StartNew();
        shell.Stop();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"It took {clock.Elapsed}.");
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
        Assert.Equal("solo", Name(Assert.Single(Pods(), pod => Name(pod).StartsWith("solo", StringComparison.Ordinal))));
        NothingIsLeft();
    }

    [UnixFact]
    public void Nothing_that_two_writers_have_acknowledged_is_lost()
    {
        AddWriters("app", "side");

        var move = Move("Move-Pod writer -Namespace shop -NodeName node2 -Repository $args[0]").Single;

        Assert.Equal(TimeSpan.Zero, move.Properties["Gap"].Value);
        Assert.Equal(["app", "side"], Texts(move, "HeldContainers"));
        foreach (var container in (string[])["app", "side"])
        {
            var (original, copy) = (Writer("writer", container), Writer("writer-moved", container));
            Assert.Equal((original.Acknowledged, SandboxWriterEnd.Killed, false), (copy.RestoredWith, original.End, original.RanTerminationHandler));
            Assert.True(original.LastAt < copy.FirstAt, "Both wrote at the same time.");
        }
        NothingIsLeft();
    }

    [UnixFact]
    public void A_pod_that_is_held_too_late_is_dumped_again_and_then_said_to_have_run_on()
    {
        using var session = new ClusterSession(new SandboxOptions { PodRetry = TimeSpan.FromMilliseconds(100), HoldWindow = TimeSpan.Zero });
        session.Cluster.AddPod(new SandboxPod("shop", "solo", "node1", new SandboxContainer("app")) { AutomountServiceAccountToken = false });

        var outcome = session.Run("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0] -Confirm:$false", session.Repository);

        var gap = (TimeSpan)outcome.Single.Properties["Gap"].Value;
        Assert.Equal(gap > TimeSpan.Zero, outcome.Warnings.Any(warning => warning.Message.Contains("is not in 'shop/solo-moved'", StringComparison.Ordinal)));
        Assert.True(gap == TimeSpan.Zero || session.CheckpointRequests.Count() == 3, $"{gap} after {session.CheckpointRequests.Count()} dumps");
        Assert.Empty(Directory.GetFiles(session.Cluster.CheckpointFolder("node1")));
    }

    [UnixFact]
    public void Without_a_freeze_what_the_original_writes_after_its_checkpoint_is_lost()
    {
        AddWriters("app");

        var move = Move("Move-Pod writer -Namespace shop -NodeName node2 -Repository $args[0] -NoFreeze").Single;

        Assert.True(Writer("writer", "app").Acknowledged > Writer("writer-moved", "app").RestoredWith);
        Assert.InRange((TimeSpan)move.Properties["Gap"].Value, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.Zero, move.Properties["Downtime"].Value);
    }

    [UnixTheory]
    [InlineData("push")]
    [InlineData("restore")]
    [InlineData("probe")]
    [InlineData("deletion")]
    public void A_writer_goes_on_after_any_failure(string step)
    {
        AddWriters("app");
        switch (step)
        {
            case "push":
                _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.Registry, Method = "PUT", PathContains = "/manifests/", Status = 403, Times = int.MaxValue });
                break;
            case "restore":
                _session.Cluster.SetRestoreBehaviour("node2", RestoreBehaviour.Disabled);
                break;
            case "deletion":
                _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.ApiServer, Method = "DELETE", When = request => request.Path.EndsWith("/pods/writer", StringComparison.Ordinal), Status = 403, Times = int.MaxValue, Skip = 1 });
                break;
        }

        var error = Move($"Move-Pod writer -Namespace shop -NodeName node2 -Repository $args[0] {(step == "probe" ? "-TcpPort 81 -ProbeTimeoutSec 1" : "")}").Error;

        Assert.StartsWith("MoveFailed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        var writer = _session.Cluster.Writers.Single(writer => writer.PodName == "writer");
        Assert.False(writer.IsHeld);
        Assert.True(SpinWait.SpinUntil(() => Writer("writer", "app").Acknowledged > writer.Acknowledged, TimeSpan.FromSeconds(10)), "It does not go on.");
        NothingIsLeft();
    }

    [Fact]
    public void A_pod_that_would_stand_still_for_too_long_is_refused()
    {
        _session.Cluster.UpdatePod("shop", "solo", pod => pod["spec"]!["containers"]![0]!["livenessProbe"] = JsonNode.Parse("""{"periodSeconds":2,"failureThreshold":1}"""));
        Assert.Contains("for at most 120 s", string.Join(' ', _session.Session.Show("Move-Pod solo -Namespace shop -NodeName node2 -Repository r.local/x -MaxFreezeSec 120 -WhatIf")), StringComparison.Ordinal);

        var error = Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0]").Error;

        Assert.StartsWith("MoveFreezeTooLong,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_session.CheckpointRequests);
    }

    [Fact]
    public void Archives_are_kept_on_request()
    {
        var move = Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0] -Destination ./kept -KeepArchive").Single;

        var path = Assert.Single(Texts(move, "ArchivePaths"));
        Assert.Equal(Path.Combine(_session.Folder, "kept"), Path.GetDirectoryName(path));
        Assert.True(File.Exists(path));
        Assert.Single(Directory.GetFiles(_session.Cluster.CheckpointFolder("node1")));
    }

    [UnixTheory]
    [InlineData("", true)]
    [InlineData("-SkipVolumes", false)]
    public void The_content_of_emptyDir_volumes_moves_unless_it_is_left_behind(string switches, bool isCarried)
    {
        AddPodWithVolume();
        var shown = string.Join(' ', _session.Session.Show($"Move-Pod vol -Namespace shop -NodeName node2 -Repository r.local/x -WhatIf {switches}"));

        var move = Move($"Move-Pod vol -Namespace shop -NodeName node2 -Repository $args[0] {switches}").Single;

        var copy = Path.Combine(_session.Cluster.VolumeFolder("shop", Text(move, "PodName")!, "data"), "file");
        Assert.Equal(isCarried, File.Exists(copy) && File.ReadAllText(copy) == "text");
        Assert.Contains(isCarried ? "'data' is copied to the new pod" : "'data' starts empty", shown, StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Fact]
    public void Hooks_run_before_the_checkpoint_and_in_the_new_pod_at_the_end()
    {
        _session.Cluster.UpdatePod("shop", "solo", pod => pod["metadata"]!["annotations"] = new JsonObject
        {
            ["kubecheckpoint.io/before-move"] = """["true", "flush"]""",
            ["kubecheckpoint.io/after-move"] = """["true", "resume"]""",
        });

        var outcome = Move(
            """
            $global:seen = @()
            Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0] -Before { $global:seen += $_.PodName } -After { $global:seen += $_.PodName } | Out-Null
            $global:seen
            """);

        Assert.Equal(["solo", "solo-moved"], outcome.Objects.Select(item => item.ToString()));
        var commands = _session.Cluster.Requests.Where(request => request.Path.Contains("command=true", StringComparison.Ordinal)).Select(request => request.Path).ToList();
        Assert.Matches("/pods/solo/exec.*flush", commands[0]);
        Assert.Matches("/pods/solo-moved/exec.*resume", commands[1]);
        Assert.Contains(Pods(), pod => Name(pod) == "solo-moved" && Field(pod, "metadata", "annotations", "kubecheckpoint.io/after-move").Length > 0);
    }

    [Fact]
    public void A_hook_that_fails_stops_the_move_before_anything_and_what_comes_after_runs_nevertheless()
    {
        var outcome = Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0] -Before { throw 'busy' } -After { throw 'after' }");

        Assert.StartsWith("MoveHookFailed,", outcome.Error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("busy", outcome.Error.ToString(), StringComparison.Ordinal);
        Assert.Contains(outcome.Warnings, warning => warning.Message.Contains("pod 'shop/solo': after", StringComparison.Ordinal));
        Assert.Empty(_session.CheckpointRequests);
    }

    [Theory]
    [InlineData("before-move", "redis-cli save")]
    [InlineData("after-move", "[]")]
    [InlineData("hook-container", "other")]
    public void An_annotation_that_asks_for_no_command_is_refused(string annotation, string value)
    {
        _session.Cluster.UpdatePod("shop", "solo", pod => pod["metadata"]!["annotations"] = new JsonObject
        {
            ["kubecheckpoint.io/before-move"] = """["true"]""",
            [$"kubecheckpoint.io/{annotation}"] = value,
        });

        var error = Move("Move-Pod solo -Namespace shop -NodeName node2 -Repository $args[0]").Error;

        Assert.StartsWith("MoveHookInvalid,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(annotation, error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_session.CheckpointRequests);
    }

    [Fact]
    public void A_namespace_whose_pods_may_not_run_as_root_is_named_before_anything_is_done()
    {
        _session.Cluster.AddNamespace("strict", new Dictionary<string, string> { ["pod-security.kubernetes.io/enforce"] = "restricted" });
        AddPodWithVolume("strict");

        var error = Move("Move-Pod vol -Namespace strict -NodeName node2 -Repository $args[0]").Error;

        Assert.StartsWith("VolumePodRefused,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("-SkipVolumes", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(_session.CheckpointRequests);
    }

    [Fact]
    public void A_move_needs_a_repository() => Assert.Equal("RepositoryMissing", _session.Run("Move-Pod solo -Namespace shop -NodeName node2").ErrorId);

    private Outcome Move(string script) => _session.Run("$ConfirmPreference = 'None'; " + script, _session.Repository);

    private void AddPodWithVolume(string ns = "shop")
    {
        var container = new SandboxContainer("app") { Mounts = new Dictionary<string, string> { ["data"] = "/scratch" } };
        _session.Cluster.AddPod(new SandboxPod(ns, "vol", "node1", container) { EmptyDirs = ["data"] });
        File.WriteAllText(Path.Combine(_session.Cluster.VolumeFolder(ns, "vol", "data"), "file"), "text");
    }

    private void AddWriters(params string[] containers) => _session.Cluster.AddPod(
        new SandboxPod("shop", "writer", "node1", [.. containers.Select(name => new SandboxContainer(name) { Writes = true })]) { AutomountServiceAccountToken = false });

    private SandboxWriter Writer(string pod, string container) =>
        _session.Cluster.Writers.Last(writer => writer.PodName == pod && writer.ContainerName == container);

    private string AddReplicaSet(int replicas, string? owner = null) => ReplicaSets.Add(_session.Cluster, replicas, owner)[0];

    private void NothingIsLeft()
    {
        Assert.True(SpinWait.SpinUntil(() => _session.Cluster.HelperPods.Count == 0, TimeSpan.FromSeconds(2)), "A helper pod is left.");
        var isEmpty = SpinWait.SpinUntil(() => !Pods().Any(pod => Name(pod).StartsWith("kubecheckpoint-", StringComparison.Ordinal)), TimeSpan.FromSeconds(20));
        Assert.True(isEmpty, "A pod of the module is left.");
        Assert.Empty(Directory.GetFiles(_session.Cluster.CheckpointFolder("node1")));
        Assert.DoesNotContain(
            Directory.GetDirectories(Path.GetTempPath(), "kubecheckpoint-move-*"),
            folder => Directory.GetFiles(folder).Any(file => file.Contains("solo_shop", StringComparison.Ordinal)));
    }

    private IReadOnlyList<JsonObject> Pods() => _session.Cluster.Pods;

    private static string Name(JsonObject pod) => Field(pod, "metadata", "name");

    private static List<string> Texts(PSObject item, string property) =>
        [.. ((System.Collections.IEnumerable)item.Properties[property].Value).Cast<object>().Select(value => value.ToString()!)];

    private static string Owner(JsonObject pod) => pod["metadata"]!["ownerReferences"] is JsonArray { Count: > 0 } owners ? (string)owners[0]!["name"]! : "";

    private static JsonNode Condition(JsonObject pod, string type) => pod["status"]!["conditions"]!.AsArray().FirstOrDefault(condition => (string?)condition!["type"] == type)!;

    private static string Field(JsonObject item, params string[] path)
    {
        JsonNode? node = item;
        foreach (var name in path)
            node = node?[name];
        return node?.ToString() ?? "";
    }

    /// <summary>Counts the ready pods of an owner continuously.</summary>
    private sealed class PodCounts : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _counting;

        public PodCounts(SandboxCluster cluster, string owner) => _counting = Task.Run(async () =>
        {
            while (!_stop.IsCancellationRequested)
            {
                Least = Math.Min(Least, cluster.Pods.Count(pod => Owner(pod) == owner && ReplicaSets.IsReady(pod)));
                await Task.Delay(5);
            }
        });

        public int Least { get; private set; } = int.MaxValue;

        public void Dispose()
        {
            _stop.Cancel();
            _counting.Wait();
            _stop.Dispose();
        }
    }
}
