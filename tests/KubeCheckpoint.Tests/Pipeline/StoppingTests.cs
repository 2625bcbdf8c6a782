using System.Diagnostics;
using System.Management.Automation;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Pipeline;

/// <summary>
/// Ctrl+C at each step of long operations, and cmdlets downstream that stop the pipeline: all end within a second, the originals keep
/// running, and partial results are removed.
/// </summary>
public sealed class StoppingTests : IDisposable
{
    private const string Archive = "Get-Pod stopped -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp -RemoveSource";

    private readonly ClusterSession _session = new(new SandboxOptions { PodRetry = TimeSpan.FromMilliseconds(100) });

    public StoppingTests()
    {
        AddPod("stopped");
        AddPod("other");
        _session.Cluster.AddNamespace("shop");
    }

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("Move-Pod stopped", SandboxServer.Kubelet, "POST", "/checkpoint/shop/stopped")]
    [InlineData("Move-Pod stopped", SandboxServer.ApiServer, "POST", "/namespaces/kube-checkpoint/pods")]
    [InlineData("Move-Pod stopped", SandboxServer.ApiServer, "GET", "/exec?")]
    [InlineData("Move-Pod stopped", SandboxServer.Registry, "POST", "/uploads")]
    [InlineData("Move-Pod stopped", SandboxServer.ApiServer, "POST", "/namespaces/shop/pods")]
    [InlineData("Move-Pod stopped", SandboxServer.ApiServer, "GET", "/shop/pods/stopped-moved")]
    [InlineData("Test-PodRestore stopped", SandboxServer.Kubelet, "POST", "/checkpoint/shop/stopped")]
    [InlineData("Test-PodRestore stopped", SandboxServer.ApiServer, "GET", "/exec?")]
    [InlineData("Test-PodRestore stopped", SandboxServer.Registry, "POST", "/uploads")]
    [InlineData("Test-PodRestore stopped", SandboxServer.ApiServer, "POST", "/networkpolicies")]
    [InlineData("Test-PodRestore stopped", SandboxServer.ApiServer, "GET", "/pods/stopped")]
    public void Ctrl_c_in_the_middle_leaves_the_original_and_nothing_else(string command, SandboxServer server, string method, string path)
    {
        var node = command.StartsWith("Move", StringComparison.Ordinal) ? " -NodeName node2" : "";
        // A drill reads the original first, and the copy has the same name.
        var isOriginal = path.EndsWith("/pods/stopped", StringComparison.Ordinal);

        Stop($"{command} -Namespace shop{node} -Repository $args[0] -Confirm:$false", new SandboxFault
        {
            Server = server,
            Method = method,
            PathContains = path,
            When = isOriginal ? request => !request.Path.Contains("/shop/", StringComparison.Ordinal) : null,
        });

        OnlyOriginalsAreLeft();
    }

    [Theory]
    [InlineData(SandboxServer.Registry, "POST", "/uploads")]
    [InlineData(SandboxServer.ApiServer, "POST", "/namespaces/shop/pods")]
    [InlineData(SandboxServer.ApiServer, "GET", "/shop/pods/stopped-restored")]
    public void Ctrl_c_in_a_restore_ends_it_and_removeonfailure_deletes_the_pod(SandboxServer server, string method, string path)
    {
        Assert.Single(_session.Run(Archive).Objects);

        Stop("Restore-Pod ./cp -Repository $args[0] -NodeName node2 -RemoveOnFailure", new SandboxFault { Server = server, Method = method, PathContains = path });

        OnlyOriginalsAreLeft();
    }

    [Fact]
    public void Ctrl_c_while_the_original_is_deleted_keeps_the_new_pod()
    {
        // The first request is a dry run of the deletion.
        Stop("Move-Pod stopped -Namespace shop -NodeName node2 -Repository $args[0] -Confirm:$false", new SandboxFault { Server = SandboxServer.ApiServer, Method = "DELETE", PathContains = "/shop/pods/stopped", Skip = 1 });

        Assert.Contains("stopped-moved", Pods("shop"));
        Assert.Contains("other", Pods("shop"));
    }

    [Theory]
    [InlineData(SandboxServer.ApiServer, "POST", "/pods")]
    [InlineData(SandboxServer.ApiServer, "GET", "/exec?")]
    [InlineData(SandboxServer.Kubelet, "POST", "/checkpoint/kube-checkpoint/")]
    [InlineData(SandboxServer.Registry, "POST", "/uploads")]
    public void Ctrl_c_in_a_proof_leaves_nothing_behind(SandboxServer server, string method, string path)
    {
        Stop("Test-CheckpointSupport node1 -Deep -Repository $args[0] -Confirm:$false", new SandboxFault { Server = server, Method = method, PathContains = path });

        OnlyOriginalsAreLeft();
    }

    [Theory]
    [InlineData("Get-Pod stopped, other -Namespace shop | Test-PodRestore -Repository $args[0]")]
    [InlineData("Get-Pod stopped, other -Namespace shop | Test-PodRestore -Repository $args[0] -ThrottleLimit 1")]
    [InlineData("Test-CheckpointSupport -Deep -Repository $args[0]")]
    [InlineData("$null = " + Archive + "; Test-CheckpointArchive ./cp -NodeName node*")]
    public void Work_that_is_no_longer_wanted_is_cleaned_up(string script)
    {
        // 'break' ends a pipeline through WriteObject like Select-Object -First, which the bare engine does not have.
        var outcome = _session.Run($"$ConfirmPreference = 'None'; $r = $args[0]; foreach ($once in 1) {{ {script.Replace("$args[0]", "$r", StringComparison.Ordinal)} | ForEach-Object {{ $_; break }} }}", _session.Repository);

        Assert.NotNull(outcome.Single);
        OnlyOriginalsAreLeft();
    }

    [Fact]
    public void The_first_move_is_enough()
    {
        // The second waits forever; the first is written in the meantime.
        _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.Kubelet, PathContains = "/checkpoint/shop/other", NeverResponds = true, Times = int.MaxValue });

        var move = _session.Run("foreach ($once in 1) { Get-Pod stopped, other -Namespace shop | Move-Pod -NodeName node2 -Repository $args[0] -Confirm:$false | ForEach-Object { $_; break } }", _session.Repository).Single;

        Assert.Equal("stopped-moved", Text(move, "PodName"));
        Assert.Contains("other", Pods("shop"));
        Assert.DoesNotContain("other-moved", Pods("shop"));
        NothingOfOursIsLeft();
    }

    private void AddPod(string name) => _session.Cluster.AddPod(
        new SandboxPod("shop", name, "node1", new SandboxContainer("app") { Environment = new Dictionary<string, string> { ["PORT"] = "8088" } })
        {
            Labels = new Dictionary<string, string> { ["app"] = name },
            AutomountServiceAccountToken = false,
        });

    /// <summary>Stops a script at a request that never gets a response.</summary>
    private void Stop(string script, SandboxFault fault)
    {
        var before = _session.Cluster.Requests.Count;
        _session.Cluster.AddFault(fault with { NeverResponds = true, Times = int.MaxValue });
        using var shell = _session.Session.Prepare(script, _session.Repository);
        var running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => _session.Cluster.Requests.Skip(before).Count(Strikes) > fault.Skip, TimeSpan.FromSeconds(20)), $"It never came to {fault.Method} {fault.PathContains}.");

        var clock = Stopwatch.StartNew();
        shell.Stop();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1.5), $"It took {clock.Elapsed}.");
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));

        bool Strikes(SandboxRequest request) => request.Server == fault.Server && request.Method == fault.Method
            && request.Path.Contains(fault.PathContains!, StringComparison.Ordinal) && fault.When?.Invoke(request) != false;
    }

    private void OnlyOriginalsAreLeft()
    {
        NothingOfOursIsLeft();
        Assert.True(SpinWait.SpinUntil(() => Pods("shop").SequenceEqual(["multi", "other", "stopped", "web-1", "web-2"]), TimeSpan.FromSeconds(5)), string.Join(", ", Pods("shop")));
        Assert.All(_session.Cluster.Pods.Where(pod => Field(pod, "namespace") == "shop"), pod => Assert.Equal("Running", (string?)pod["status"]!["phase"]));
    }

    /// <summary>
    /// A helper pod stays only where the archive of a stopped request may still appear. It ends by itself, and the next cmdlet removes it.
    /// </summary>
    private void HelperPodsEnd()
    {
        Assert.True(SpinWait.SpinUntil(() => _session.Cluster.HelperPods.All(AwaitsArchive), TimeSpan.FromSeconds(2)), "A helper pod is left.");
        _session.Cluster.EndHelperPodsAsync().GetAwaiter().GetResult();
        Assert.DoesNotContain(NodeFiles(), file => file.Contains("kubecheckpoint-", StringComparison.Ordinal));
        _ = _session.Run("Get-CheckpointLeftover | Remove-CheckpointLeftover").Objects;
        Assert.Empty(_session.Cluster.HelperPods);

        bool AwaitsArchive(JsonObject pod) => NodeFiles().Any(file => file.EndsWith($".{Field(pod, "name")}.requested", StringComparison.Ordinal));

        string[] NodeFiles() => Directory.GetFiles(_session.Cluster.CheckpointFolder("node1"));
    }

    private void NothingOfOursIsLeft()
    {
        HelperPodsEnd();
        Assert.True(
            SpinWait.SpinUntil(() => !_session.Cluster.Pods.Any(pod => Field(pod, "namespace").StartsWith("kube", StringComparison.Ordinal) || Field(pod, "name").StartsWith("kubecheckpoint", StringComparison.Ordinal)), TimeSpan.FromSeconds(5)),
            string.Join(", ", _session.Cluster.Pods.Select(pod => $"{Field(pod, "namespace")}/{Field(pod, "name")}")));
        Assert.True(
            SpinWait.SpinUntil(() => !_session.Cluster.Objects("namespaces").Any(item => Field(item, "name").StartsWith("kubecheckpoint-", StringComparison.Ordinal)), TimeSpan.FromSeconds(5)),
            "The namespace of a drill is left.");
    }

    private List<string> Pods(string ns) => [.. _session.Cluster.Pods.Where(pod => Field(pod, "namespace") == ns).Select(pod => Field(pod, "name")).Order()];

    private static string Field(JsonObject item, string name) => (string?)item["metadata"]![name] ?? "";
}
