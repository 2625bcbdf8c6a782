using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Get-CheckpointLeftover and Remove-CheckpointLeftover, and what other cmdlets remove of their dead predecessors.</summary>
public sealed class CheckpointLeftoverTests : IDisposable
{
    /// <summary>The marks of this process, the same for all tests.</summary>
    private static (string Machine, string Start)? _identity;

    private readonly ClusterSession _session = new(new SandboxOptions { PodRetry = TimeSpan.FromMilliseconds(100) });

    public CheckpointLeftoverTests()
    {
        _session.Cluster.AddNamespace("shop");
        _session.Cluster.AddNamespace("kube-checkpoint");
        _session.Cluster.AddPod(new SandboxPod("shop", "plain", "node1", new SandboxContainer("app")) { AutomountServiceAccountToken = false });
    }

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("this process", 60, false, "InUse")]
    [InlineData("this process", -60, false, "InUse")]
    [InlineData("a dead process", 60, false, "Abandoned")]
    [InlineData("a dead process", 60, true, "Kept")]
    [InlineData("a dead process", -60, true, "Abandoned")]
    [InlineData("elsewhere", 60, false, "Unknown")]
    [InlineData("elsewhere", -60, false, "Abandoned")]
    public void The_owner_and_the_time_decide_whether_something_is_needed(string owner, int minutes, bool isKept, string state)
    {
        Add("kubecheckpoint-transfer-1", "transfer", owner, minutes, isKept);

        var leftover = _session.Run("Get-CheckpointLeftover").Single;

        Assert.Equal(
            ("Pod", "Cluster", "kube-checkpoint", "kubecheckpoint-transfer-1", "node1", "Transfer", state),
            (Text(leftover, "Kind"), Text(leftover, "Place"), Text(leftover, "Namespace"), Text(leftover, "Name"), Text(leftover, "NodeName"), Text(leftover, "Role"), Text(leftover, "State")));
    }

    [Theory]
    [InlineData(-600, "3600", "Unknown")]
    [InlineData(600, "0", "Abandoned")]
    public void The_time_counts_from_the_creation_by_the_clock_of_the_server(int minutes, string lifetime, string state)
    {
        Add("kubecheckpoint-transfer-1", "transfer", "elsewhere", minutes);
        _session.Cluster.UpdatePod("kube-checkpoint", "kubecheckpoint-transfer-1", pod =>
        {
            pod["metadata"]!["annotations"]!["kubecheckpoint.io/lifetime-seconds"] = lifetime;
            pod["metadata"]!["creationTimestamp"] = DateTimeOffset.UtcNow.AddMinutes(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        });

        Assert.Equal(state, Text(_session.Run("Get-CheckpointLeftover").Single, "State"));
    }

    [Fact]
    public void Removes_what_is_abandoned_and_leaves_the_rest_with_a_warning()
    {
        Add("kubecheckpoint-transfer-1", "transfer", "a dead process", 60);
        Add("kubecheckpoint-transfer-2", "transfer", "elsewhere", 60);
        Add("kubecheckpoint-transfer-3", "transfer", "this process", 60);

        var first = _session.Run("Get-CheckpointLeftover | Remove-CheckpointLeftover");

        Assert.Equal("kubecheckpoint-transfer-1", Text(first.Single, "Name"));
        Assert.Equal(["kubecheckpoint-transfer-2", "kubecheckpoint-transfer-3"], Helpers());
        Assert.Equal(2, first.Warnings.Count);
        Assert.Contains("may still use it", first.Warnings[0].Message, StringComparison.Ordinal);
        Assert.Empty(_session.Run("Get-CheckpointLeftover | Remove-CheckpointLeftover -Force -WhatIf").Objects);
        Assert.Equal(2, Helpers().Count);

        Assert.Equal(2, _session.Run("Get-CheckpointLeftover | Remove-CheckpointLeftover -Force").Objects.Count);
        Assert.Empty(Helpers());
    }

    [Fact]
    public void Removes_nothing_that_has_the_name_by_now()
    {
        Add("kubecheckpoint-transfer-1", "transfer", "a dead process", 60);
        _ = _session.Run("$global:found = Get-CheckpointLeftover").Objects;
        _session.Cluster.RemovePod("kube-checkpoint", "kubecheckpoint-transfer-1");
        Add("kubecheckpoint-transfer-1", "transfer", "a dead process", 60);

        Assert.Empty(_session.Run("$global:found | Remove-CheckpointLeftover").Objects);

        Assert.Single(Helpers());
    }

    [Fact]
    public void Pods_that_the_module_has_not_named_are_not_leftovers()
    {
        Add("database-0", "transfer", "a dead process", -60);

        Assert.Empty(_session.Run("Get-CheckpointLeftover").Objects);
    }

    [Fact]
    public void An_interrupted_move_is_for_the_user_to_decide()
    {
        var uid = (string)_session.Cluster.Pods.Single(pod => (string?)pod["metadata"]!["name"] == "plain")["metadata"]!["uid"]!;
        Add("plain-moved", "move", "a dead process", 60, ns: "shop", replaces: $"plain/{uid}");

        var leftover = _session.Run("Get-CheckpointLeftover").Single;
        Assert.Equal("Undecided", Text(leftover, "State"));
        Assert.DoesNotContain("kubectl delete pod plain -n", Text(leftover, "RecommendedAction"), StringComparison.Ordinal);
        Assert.Contains("kubectl delete pod plain-moved -n shop", Text(leftover, "RecommendedAction"), StringComparison.Ordinal);
        Assert.Single(_session.Run("Get-CheckpointLeftover | Remove-CheckpointLeftover -Force").Warnings);
        Assert.Contains(_session.Cluster.Pods, pod => (string?)pod["metadata"]!["name"] == "plain-moved");

        // With the original gone, the move is complete.
        _session.Cluster.RemovePod("shop", "plain");
        Assert.Empty(_session.Run("Get-CheckpointLeftover").Objects);
    }

    [Fact]
    public void A_kept_rehearsal_is_found_as_its_namespace_and_removed_with_it()
    {
        _ = _session.Run("Test-PodRestore plain -Namespace shop -Repository $args[0] -Keep", _session.Repository).Single;

        var leftover = _session.Run("Get-CheckpointLeftover").Single;
        Assert.Equal(("Namespace", "Rehearsal", "Test-PodRestore"), (Text(leftover, "Kind"), Text(leftover, "Role"), Text(leftover, "Cmdlet")));
        Assert.NotNull(Text(leftover, "NodeName"));

        Assert.Single(_session.Run("Get-CheckpointLeftover | Remove-CheckpointLeftover -Force").Objects);
        Assert.True(SpinWait.SpinUntil(() => !Drills().Any(), TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void A_cmdlet_removes_what_its_dead_predecessors_left_and_says_what_others_did()
    {
        Add("kubecheckpoint-transfer-1", "transfer", "a dead process", 60);
        Add("kubecheckpoint-transfer-2", "transfer", "elsewhere", -60);
        Add("kubecheckpoint-transfer-3", "transfer", "elsewhere", 60);
        Add("kubecheckpoint-transfer-4", "transfer", "a dead process", 60, isKept: true);

        var outcome = _session.Run("Get-Pod plain -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp");

        Assert.Single(outcome.Objects);
        Assert.True(SpinWait.SpinUntil(() => Helpers().Count == 3, TimeSpan.FromSeconds(5)), string.Join(' ', Helpers()));
        Assert.Equal(["kubecheckpoint-transfer-2", "kubecheckpoint-transfer-3", "kubecheckpoint-transfer-4"], Helpers());
        Assert.Contains("Get-CheckpointLeftover", Assert.Single(outcome.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_decides_on_nothing_but_what_is_shown()
    {
        const string Archive = "checkpoint-db_prod-db-2026-11-30T10:00:00Z.tar";
        var path = Path.Join(_session.Cluster.CheckpointFolder("node1"), Archive);
        File.WriteAllText(path, "x");
        AddHelper("kubecheckpoint-transfer-1", "Succeeded", $"{Archive}\n../../../etc/shadow\ncheckpoint-$(reboot).tar\n{Archive}\n");

        var leftover = _session.Run("Get-CheckpointLeftover").Single;

        Assert.Equal(
            ("File", "Node", "node1", $"/var/lib/kubelet/checkpoints/{Archive}", "PassingArchive", "Undecided"),
            (Text(leftover, "Kind"), Text(leftover, "Place"), Text(leftover, "NodeName"), Text(leftover, "Name"), Text(leftover, "Role"), Text(leftover, "State")));
        Assert.Contains("Save-CheckpointArchive -NodeName node1", Text(leftover, "RecommendedAction"), StringComparison.Ordinal);
        var outcome = _session.Run("Get-CheckpointLeftover | Remove-CheckpointLeftover -Force");
        Assert.Empty(outcome.Objects);
        Assert.Single(outcome.Warnings);
        Assert.True(File.Exists(path));
        Assert.Single(Helpers());
    }

    [UnixFact]
    public void The_archives_of_a_helper_pod_that_could_not_remove_them_go_with_it()
    {
        var folder = _session.Cluster.CheckpointFolder("node1");
        string[] names = ["app-1.kubecheckpoint-transfer-1.tar", "app-1.kubecheckpoint-transfer-2.tar", "checkpoint-plain_shop-app-2026-11-30T10:00:00Z.tar"];
        foreach (var name in names)
            File.WriteAllText(Path.Join(folder, name), "x");
        AddHelper("kubecheckpoint-transfer-1", "Failed");

        Assert.Equal("kubecheckpoint-transfer-1", Text(_session.Run("Get-CheckpointLeftover | Remove-CheckpointLeftover").Single, "Name"));

        Assert.Equal(names[1..], Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Empty(_session.Cluster.HelperPods);
    }

    [UnixFact]
    public void A_pod_with_claims_of_a_folder_that_is_not_for_archives_is_only_deleted()
    {
        AddHelper("kubecheckpoint-transfer-1", "Failed", folder: "/etc/kubernetes");

        Assert.Single(_session.Run("Get-CheckpointLeftover | Remove-CheckpointLeftover -Force").Objects);

        Assert.DoesNotContain(_session.Cluster.Requests, request => request.Method == "POST" && request.Path.EndsWith("/pods", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_the_right_to_list_all_pods_the_known_namespaces_are_searched()
    {
        Add("kubecheckpoint-transfer-1", "transfer", "a dead process", 60);
        _session.Cluster.AddFault(new SandboxFault
        {
            Server = SandboxServer.ApiServer,
            PathContains = "/api/v1/pods?",
            Status = 403,
            Body = """{"kind":"Status","status":"Failure","reason":"Forbidden","code":403,"message":"pods is forbidden: User \"alice\" cannot list resource \"pods\" in API group \"\" at the cluster scope"}""",
            ContentType = "application/json",
        });

        var outcome = _session.Run("Get-CheckpointLeftover");

        Assert.Equal("kubecheckpoint-transfer-1", Text(outcome.Single, "Name"));
        Assert.Contains("Only the namespaces kube-checkpoint and default were searched", Assert.Single(outcome.Warnings).Message, StringComparison.Ordinal);
    }

    private void Add(string name, string role, string owner, int minutes, bool isKept = false, string ns = "kube-checkpoint", string? replaces = null)
    {
        _identity ??= Identity();
        var (machine, start) = _identity.Value;
        var annotations = new JsonObject
        {
            ["kubecheckpoint.io/user"] = owner == "elsewhere" ? "alice" : Environment.UserName,
            ["kubecheckpoint.io/host"] = owner == "elsewhere" ? "laptop" : Environment.MachineName,
            ["kubecheckpoint.io/machine"] = owner == "elsewhere" ? "0" : machine,
            ["kubecheckpoint.io/process"] = (owner == "a dead process" ? DeadProcess() : Environment.ProcessId).ToString(CultureInfo.InvariantCulture),
            ["kubecheckpoint.io/process-start"] = start,
            ["kubecheckpoint.io/expires"] = DateTimeOffset.UtcNow.AddMinutes(minutes).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
        if (isKept)
            annotations["kubecheckpoint.io/kept"] = "true";
        if (replaces is not null)
            annotations["kubecheckpoint.io/replaces"] = replaces;
        var pod = _session.Cluster.AddPod(new SandboxPod(ns, name, "node1", new SandboxContainer("transfer"))
        {
            Labels = new Dictionary<string, string> { ["kubecheckpoint.io/role"] = role },
        });
        _session.Cluster.UpdatePod(ns, (string)pod["metadata"]!["name"]!, stored => stored["metadata"]!["annotations"] = annotations);
    }

    /// <summary>A helper pod that has ended.</summary>
    private void AddHelper(string name, string phase, string report = "", string folder = "/var/lib/kubelet/checkpoints")
    {
        Add(name, "transfer", "elsewhere", 60);
        _session.Cluster.UpdatePod("kube-checkpoint", name, pod =>
        {
            pod["metadata"]!["annotations"]!["kubecheckpoint.io/claims"] = "true";
            pod["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "checkpoints", ["hostPath"] = new JsonObject { ["path"] = folder } });
            pod["status"]!["phase"] = phase;
            pod["status"]!["containerStatuses"]![0]!["state"] = new JsonObject { ["terminated"] = new JsonObject { ["message"] = report } };
        });
    }

    /// <summary>What this process writes on the pods that it creates.</summary>
    private (string Machine, string Start) Identity()
    {
        (string, string)? identity = null;
        _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.ApiServer, When = _ => Look() });
        _ = _session.Run("Get-Pod plain -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./identity").Single;
        return identity!.Value;

        bool Look()
        {
            if (identity is null && _session.Cluster.HelperPods is [var pod, ..] && pod["metadata"]!["annotations"] is { } marks)
                identity = ((string)marks["kubecheckpoint.io/machine"]!, (string)marks["kubecheckpoint.io/process-start"]!);
            return false;
        }
    }

    /// <summary>The id of a process that has ended.</summary>
    private static int DeadProcess()
    {
        using var child = Process.Start(new ProcessStartInfo("dotnet", ["--version"]) { RedirectStandardOutput = true })!;
        child.WaitForExit();
        return child.Id;
    }

    private List<string> Helpers() =>
    [
        .. _session.Cluster.Pods.Where(pod => (string?)pod["metadata"]!["namespace"] == "kube-checkpoint" && pod["metadata"]!["annotations"] is not null)
            .Select(pod => (string)pod["metadata"]!["name"]!).Where(name => name.Length == "kubecheckpoint-transfer-1".Length).Order(StringComparer.Ordinal),
    ];

    private IEnumerable<string> Drills() => _session.Cluster.Objects("namespaces").Select(item => (string)item["metadata"]!["name"]!)
        .Where(name => name.StartsWith("kubecheckpoint-drill-", StringComparison.Ordinal));
}
