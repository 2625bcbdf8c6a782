using System.Diagnostics;
using System.Management.Automation;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Test-PodRestore: what it proves, what it leaves out of the copy, and that it leaves nothing behind.</summary>
public sealed class TestPodRestoreTests : IDisposable
{
    private readonly ClusterSession _session = new(new SandboxOptions { PodRetry = TimeSpan.FromMilliseconds(100) });

    public TestPodRestoreTests()
    {
        AddPod("plain");
        _session.Cluster.AddNamespace("shop");
    }

    public void Dispose() => _session.Dispose();

    [Fact]
    public void A_running_pod_is_restored_beside_itself_probed_and_removed()
    {
        var before = Snapshot();

        var test = Test("Get-Pod plain -Namespace shop | Test-PodRestore -Repository $args[0] -NodeName node2 -HttpGet 8088/, 8088/full -TcpPort 8088 -Command true -ScriptBlock { $_.PodName -eq 'plain' }").Single;

        Assert.Equal(("shop", "plain", "True", "node2", null), (Text(test, "Namespace"), Text(test, "PodName"), Text(test, "Passed"), Text(test, "NodeName"), Text(test, "ErrorId")));
        Assert.Equal(["Http 8088/: ok", "Http 8088/full: ok", "Tcp 8088: ok", "Command true: ok", "Script $_.PodName -eq 'plain': ok"], Texts(test, "Probes"));
        Assert.Equal(
            ["Checkpoint", "Save", "Freeze", "Prepare", "Push", "PullBaseImage", "Restore", "Probe", "CleanUp"], Texts(test, "Stages").Select(stage => stage.Split(' ')[0]));
        Assert.Equal("shop/plain/app", Assert.Single(_session.Cluster.RestoredContainers.Select(restored => $"{restored.SourceNamespace}/{restored.SourcePodName}/{restored.SourceContainerName}")));
        Assert.Equal(before, Snapshot());
        NothingIsLeft();
    }

    [Theory]
    [InlineData("Save-CheckpointArchive -Destination ./cp -RemoveSource | Test-PodRestore -Repository $args[0]")]
    [InlineData("Save-CheckpointArchive -Destination ./cp -RemoveSource | New-RestoreImage -Repository $args[0] | Test-PodRestore")]
    [InlineData("Save-CheckpointArchive -Destination ./cp -RemoveSource | ForEach-Object { [IO.FileInfo] $_.Path } | Test-PodRestore -Repository $args[0]")]
    [InlineData("Save-CheckpointArchive -Destination ./cp -RemoveSource | ForEach-Object { Test-PodRestore -LiteralPath $_.Path -Repository $args[0] }")]
    public void Archives_and_images_are_rehearsed_too(string script)
    {
        var test = Test($"$r = $args[0]; Get-Pod plain -Namespace shop | Invoke-ContainerCheckpoint | {script.Replace("$args[0]", "$r", StringComparison.Ordinal)}").Single;

        Assert.Equal(("shop", "plain", "True"), (Text(test, "Namespace"), Text(test, "PodName"), Text(test, "Passed")));
        Assert.DoesNotContain(Texts(test, "Stages"), stage => stage.StartsWith("Checkpoint", StringComparison.Ordinal));
        NothingIsLeft();
    }

    [Fact]
    public void The_copy_has_the_pods_references_and_is_isolated_from_what_it_shares()
    {
        _session.Cluster.AddObject("configmaps", Named("cfg", """{"data":{"a":"1"} }"""));
        _session.Cluster.AddObject("secrets", Named("tls", """{"type":"Opaque","data":{"k":"dg=="} }"""));
        _session.Cluster.AddObject("secrets", Named("env", """{"data":{"k":"dg=="} }"""));
        _session.Cluster.UpdatePod("shop", "plain", pod =>
        {
            var spec = pod["spec"]!.AsObject();
            spec["volumes"] = JsonNode.Parse("""
                [{"name":"cfg","configMap":{"name":"cfg"} }, {"name":"tls","secret":{"secretName":"tls"} }, {"name":"none","secret":{"secretName":"none","optional":true} },
                 {"name":"data","persistentVolumeClaim":{"claimName":"data-0"} }, {"name":"logs","hostPath":{"path":"/var/log/app"} },
                 {"name":"zone","hostPath":{"path":"/usr/share/zoneinfo"} }]
                """);
            spec["serviceAccountName"] = "web-sa";
            spec["priorityClassName"] = "high";
            spec["affinity"] = JsonNode.Parse("""{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[]} }""");
            var app = spec["containers"]![0]!.AsObject();
            app["volumeMounts"] = JsonNode.Parse("""
                [{"name":"cfg","mountPath":"/cfg"}, {"name":"data","mountPath":"/data"}, {"name":"logs","mountPath":"/logs"}, {"name":"zone","mountPath":"/zone","readOnly":true}]
                """);
            app["envFrom"] = JsonNode.Parse("""[{"secretRef":{"name":"env"} }]""");
            app["ports"] = JsonNode.Parse("""[{"containerPort":80,"hostPort":8080}]""");
        });

        var test = Test("Test-PodRestore plain -Namespace shop -Repository $args[0] -Keep").Single;

        Assert.True(Text(test, "Passed") == "True", Text(test, "Reason"));
        var ns = Text(test, "DrillNamespace")!;
        var pod = _session.Cluster.Pods.Single(pod => (string?)pod["metadata"]!["namespace"] == ns);
        var volumes = pod["spec"]!["volumes"]!.AsArray().ToDictionary(volume => (string)volume!["name"]!, volume => string.Join(',', volume!.AsObject().Select(pair => pair.Key).Where(key => key != "name")));
        Assert.Equal(("configMap", "secret", "emptyDir", "emptyDir", "hostPath"), (volumes["cfg"], volumes["tls"], volumes["data"], volumes["logs"], volumes["zone"]));
        Assert.Null(pod["spec"]!["priorityClassName"]);
        Assert.DoesNotContain("hostPort", pod.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(["cfg", "kube-root-ca.crt"], Names("configmaps", ns));
        Assert.Equal(["env", "tls"], Names("secrets", ns));
        Assert.Contains("web-sa", Names("serviceaccounts", ns));
        Assert.Equal(["no-egress"], Names("networkpolicies", ns));
        var remarks = Texts(test, "Remarks");
        Assert.Equal(3, remarks.Count);
        Assert.Contains(remarks, remark => remark.Contains("claim 'data-0'", StringComparison.Ordinal));
    }

    [Fact]
    public void AllowNetwork_lets_the_copy_connect_to_others()
    {
        var ns = Text(Test("Test-PodRestore plain -Namespace shop -Repository $args[0] -Keep -AllowNetwork").Single, "DrillNamespace")!;
        Assert.Empty(Names("networkpolicies", ns));
    }

    [Theory]
    [InlineData("checkpoint", "Checkpoint", "EstablishedTcpConnection")]
    [InlineData("configmap", "Prepare", "DrillObjectMissing")]
    [InlineData("push", "Push", "RegistryForbidden")]
    [InlineData("restore", "Restore", "RestoreFailed")]
    [InlineData("probe", "Probe", "ProbeFailed")]
    public void Failures_are_the_result_and_nothing_is_left_behind(string what, string stage, string errorId)
    {
        switch (what)
        {
            case "checkpoint":
                _session.Cluster.SetKubeletBehaviour("node1", KubeletBehaviour.EstablishedTcp);
                break;
            case "configmap":
                _session.Cluster.UpdatePod("shop", "plain", pod => pod["spec"]!["volumes"] = JsonNode.Parse("""[{"name":"cfg","configMap":{"name":"gone"} }]"""));
                break;
            case "push":
                _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.Registry, Status = 403, Times = int.MaxValue });
                break;
            case "restore":
                _session.Cluster.SetRestoreBehaviour("node2", RestoreBehaviour.Disabled);
                break;
        }

        var test = Test("Test-PodRestore plain -Namespace shop -Repository $args[0] -NodeName node2 -TcpPort 81 -ProbeTimeoutSec 2").Single;

        Assert.Equal(("False", stage, errorId), (Text(test, "Passed"), Text(test, "FailedStage"), Text(test, "ErrorId")));
        Assert.NotEmpty(Text(test, "Reason")!);
        Assert.NotEmpty(Text(test, "RecommendedAction")!);
        NothingIsLeft();
    }

    [Fact]
    public void The_archive_explains_a_failure_that_the_runtime_does_not()
    {
        _session.Cluster.SetRestoreBehaviour("node2", RestoreBehaviour.Disabled);
        _session.Cluster.AddPod(new SandboxPod("shop", "zoo", "node1", new SandboxContainer("zoo")
        {
            Archive = Fixture.Zoo,
        }));

        var test = Test("Test-PodRestore zoo -Namespace shop -Repository $args[0] -NodeName node2 -SkipPrePull").Single;

        Assert.Equal("RestoreFailed", Text(test, "ErrorId"));
        Assert.Contains(Texts(test, "Remarks"), remark => remark.Contains("/dev/shm", StringComparison.Ordinal) && remark.Contains("'zoo'", StringComparison.Ordinal));
        NothingIsLeft();
    }

    [Fact]
    public void Probes_are_retried_until_they_succeed()
    {
        var asked = 0;
        _session.Cluster.ServePods((_, port, path) => port == 8088 && path == "/late" && ++asked >= 3 ? (200, "ok") : (503, "not yet"));

        var test = Test("Test-PodRestore plain -Namespace shop -Repository $args[0] -HttpGet 8088/late").Single;

        Assert.Equal("True", Text(test, "Passed"));
        Assert.Equal("3", _session.Run("$args[0].Probes[0].Attempts", test).Single.ToString());
    }

    [Fact]
    public void A_script_block_that_fails_or_returns_false_is_a_failed_probe()
    {
        var tests = Test(
            "Test-PodRestore plain -Namespace shop -Repository $args[0] -ProbeTimeoutSec 1 -ScriptBlock { throw 'no answer' }; " +
            "Test-PodRestore plain -Namespace shop -Repository $args[0] -ProbeTimeoutSec 1 -ScriptBlock { $false }; " +
            "Test-PodRestore plain -Namespace shop -Repository $args[0] -ProbeTimeoutSec 1 -ScriptBlock { param($pod) if ($pod.PodName -ne 'plain') { throw } }").Objects;

        Assert.Equal(["False", "False", "True"], tests.Select(test => Text(test, "Passed")));
        Assert.Contains("no answer", Text(tests[0], "Reason"), StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_c_removes_the_namespace_within_a_second()
    {
        _session.Cluster.ServePods((_, _, _) => (503, ""));
        using var shell = _session.Session.Prepare("Test-PodRestore plain -Namespace shop -Repository $args[0] -HttpGet 8088/", _session.Repository);
        var running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => _session.Cluster.Requests.Any(request => request.Path.Contains("/proxy/", StringComparison.Ordinal) && request.Path.Contains("pods", StringComparison.Ordinal)), TimeSpan.FromSeconds(20)));

        var clock = Stopwatch.StartNew();
        shell.Stop();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"It took {clock.Elapsed}.");
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
        Assert.True(SpinWait.SpinUntil(() => Drills().Count == 0, TimeSpan.FromSeconds(5)), "The namespace is still there.");
        NothingIsLeft();
    }

    [Fact]
    public void A_user_who_may_not_create_namespaces_gets_an_error()
    {
        var test = Test("Get-Pod plain -Namespace shop -Context operator | Test-PodRestore -Repository $args[0]").Single;

        Assert.Equal(("Prepare", "Forbidden"), (Text(test, "FailedStage"), Text(test, "ErrorId")));
        Assert.Contains("namespaces", Text(test, "Reason"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Test-PodRestore plain -Namespace shop", "RepositoryMissing")]
    [InlineData("Test-PodRestore nosuch -Namespace shop -Repository r.local/x", "PodNotFound")]
    [InlineData("Test-PodRestore done -Repository r.local/x", "PodNotRunning")]
    [InlineData("Test-PodRestore plain -Namespace shop -Repository r.local/x -HttpGet nonsense", "ProbeInvalid")]
    public void Impossible_rehearsals_are_errors(string script, string errorId) => Assert.Equal(errorId, _session.Run(script).ErrorId);

    [Fact]
    public void WhatIf_creates_nothing()
    {
        Assert.Empty(Test("Test-PodRestore plain -Namespace shop -Repository $args[0] -WhatIf").Objects);
        Assert.DoesNotContain(_session.Cluster.Requests, request => request.Method is not "GET" and not "HEAD");
    }

    [Fact]
    public void The_view_shows_the_result()
    {
        var shown = _session.Session.Show("Test-PodRestore plain -Namespace shop -Repository $args[0] -TcpPort 8088, 81 -ProbeTimeoutSec 1", _session.Repository);

        Assert.Contains(shown, line => line.StartsWith("Failed", StringComparison.Ordinal) && line.Contains("ProbeFailed", StringComparison.Ordinal));
        Assert.Contains(shown, line => line.StartsWith("Stages", StringComparison.Ordinal) && line.Contains("Checkpoint", StringComparison.Ordinal));
    }

    private Outcome Test(string script) => _session.Run(script, _session.Repository);

    private void AddPod(string name) => _session.Cluster.AddPod(
        new SandboxPod("shop", name, "node1", new SandboxContainer("app") { Environment = new Dictionary<string, string> { ["PORT"] = "8088" } })
        {
            Labels = new Dictionary<string, string> { ["app"] = name },
            AutomountServiceAccountToken = false,
        });

    /// <summary>The objects of the original's namespace, which a drill must not touch.</summary>
    private List<string> Snapshot() =>
    [
        .. _session.Cluster.Pods.Where(pod => (string?)pod["metadata"]!["namespace"] == "shop")
            .Concat(_session.Cluster.Objects("configmaps")).Concat(_session.Cluster.Objects("secrets"))
            .Where(item => (string?)item["metadata"]!["namespace"] == "shop").Select(item => item.ToJsonString()),
    ];

    private List<string> Drills() =>
        [.. _session.Cluster.Objects("namespaces").Select(item => (string)item["metadata"]!["name"]!).Where(name => name.StartsWith("kubecheckpoint-drill-", StringComparison.Ordinal))];

    private List<string> Names(string resource, string ns) =>
        [.. _session.Cluster.Objects(resource).Where(item => (string?)item["metadata"]!["namespace"] == ns).Select(item => (string)item["metadata"]!["name"]!)];

    private void NothingIsLeft()
    {
        Assert.True(SpinWait.SpinUntil(() => _session.Cluster.HelperPods.Count == 0, TimeSpan.FromSeconds(2)), "A helper pod is left.");
        Assert.Empty(Drills());
        Assert.DoesNotContain(_session.Cluster.Pods, pod => ((string)pod["metadata"]!["namespace"]!).StartsWith("kubecheckpoint-", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(_session.Cluster.CheckpointFolder("node1")));
        Assert.DoesNotContain(
            Directory.GetDirectories(Path.GetTempPath(), "kubecheckpoint-drill-*"),
            folder => Directory.GetFiles(folder).Any(file => file.Contains("plain_shop", StringComparison.Ordinal)));
    }

    private static JsonObject Named(string name, string content)
    {
        var item = JsonNode.Parse(content)!.AsObject();
        item["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "shop" };
        return item;
    }

    private static List<string> Texts(PSObject item, string property) =>
        [.. ((System.Collections.IEnumerable)item.Properties[property].Value).Cast<object>().Select(value => value.ToString()!)];
}
