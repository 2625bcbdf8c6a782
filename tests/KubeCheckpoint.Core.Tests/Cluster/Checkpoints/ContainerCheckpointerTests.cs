using System.Security.Cryptography.X509Certificates;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Cluster.Checkpoints;

[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "CleanUpAsync disposes of it.")]
public sealed class ContainerCheckpointerTests : SandboxTests
{
    private static readonly CheckpointRequest Request = new() { Namespace = "shop", PodName = "web", ContainerName = "app" };

    private ContainerCheckpointer _checkpointer = null!;

    public ContainerCheckpointerTests()
        : base(new() { DefaultPods = false, CheckpointDelay = TimeSpan.FromMilliseconds(10) }, "admin")
    {
    }

    protected override Task SetUpAsync()
    {
        Sandbox.AddPod(new SandboxPod("shop", "web", "node1", new SandboxContainer("app"), new SandboxContainer("side")));
        Sandbox.AddPod(new SandboxPod("shop", "done", "node1", new SandboxContainer("app")) { State = SandboxPodState.Succeeded });
        Sandbox.AddPod(new SandboxPod("shop", "pending", "", new SandboxContainer("app")) { State = SandboxPodState.Pending });
        _checkpointer = new(Client);
        return Task.CompletedTask;
    }

    protected override Task CleanUpAsync()
    {
        _checkpointer.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Through_the_api_server_the_result_carries_node_path_and_manifest()
    {
        var checkpoint = await CheckpointAsync(Request with { Timeout = TimeSpan.FromSeconds(29.5) });

        Assert.Equal(("shop", "web", "app", "node1"), (checkpoint.Namespace, checkpoint.PodName, checkpoint.ContainerName, checkpoint.NodeName));
        Assert.StartsWith("/var/lib/kubelet/checkpoints/checkpoint-web_shop-app-", checkpoint.NodePath, StringComparison.Ordinal);
        Assert.Contains("\"uid\"", checkpoint.PodManifest?.Json, StringComparison.Ordinal);
        Assert.Equal(Client.Target.KubeConfig, checkpoint.KubeConfig);
        Assert.Equal(["/api/v1/nodes/node1/proxy/checkpoint/shop/web/app?timeout=30"], Posts());
    }

    [Fact]
    public async Task A_direct_request_to_the_kubelet_needs_only_the_checkpoint_permission()
    {
        using var kubelet = KubeletDirectly("checkpointer");
        var checkpoint = await kubelet.Checkpointer.CheckpointAsync(Request, null, default);
        Assert.StartsWith("/var/lib/kubelet/checkpoints/", checkpoint.NodePath, StringComparison.Ordinal);
        Assert.Null(checkpoint.PodManifest);
    }

    [Fact]
    public async Task One_container_is_never_checkpointed_twice_at_once_nor_in_one_second()
    {
        var results = await Task.WhenAll(CheckpointAsync(Request), CheckpointAsync(Request), CheckpointAsync(Request with { ContainerName = "side" }));
        Assert.Equal(3, results.Select(result => result.NodePath).Distinct().Count());
        var times = results.Where(result => result.ContainerName == "app").Select(result => result.CheckpointedAt).Order().ToList();
        Assert.True(times[1] - times[0] >= TimeSpan.FromSeconds(1), $"{times[1] - times[0]}");
    }

    [Theory]
    [InlineData("web", "nosuch", "ContainerNotFound")]
    [InlineData("nosuch", "app", "PodNotFound")]
    [InlineData("done", "app", "ContainerNotRunning")]
    [InlineData("pending", "app", "ContainerNotRunning")]
    [InlineData("web", "../x", "InvalidName")]
    public async Task What_cannot_be_checkpointed_fails_without_a_request_to_the_kubelet(string pod, string container, string errorId)
    {
        await Failing.WithAsync(errorId, () => CheckpointAsync(Request with { PodName = pod, ContainerName = container }));
        Assert.Empty(Posts());
    }

    [Theory]
    [InlineData(KubeletBehaviour.GateOff, "CheckpointGateOff")]
    [InlineData(KubeletBehaviour.CriuMissing, "CriuNotAvailable")]
    [InlineData(KubeletBehaviour.CriuSupportOff, "CheckpointSupportOff")]
    [InlineData(KubeletBehaviour.RuntimeTooOld, "RuntimeTooOld")]
    [InlineData(KubeletBehaviour.EstablishedTcp, "EstablishedTcpConnection")]
    [InlineData(KubeletBehaviour.ContainerExited, "ContainerNotRunning")]
    [InlineData(KubeletBehaviour.DeadlineExceeded, "CheckpointTimedOut")]
    public async Task A_refusal_is_not_retried(KubeletBehaviour behaviour, string errorId)
    {
        Sandbox.SetKubeletBehaviour("node1", behaviour);
        await Failing.WithAsync(errorId, () => CheckpointAsync(Request));
        Assert.Single(Posts());
    }

    [Theory]
    [InlineData("node1")]
    [InlineData("node3")]
    public async Task A_failed_dump_is_explained_by_the_log_on_the_node(string node)
    {
        Sandbox.AddPod(new SandboxPod("shop", "redis", node, new SandboxContainer("redis")));
        Sandbox.SetKubeletBehaviour(node, KubeletBehaviour.EstablishedTcp);

        var failure = await FailAsync("EstablishedTcpConnection", "redis", "redis");

        Assert.Equal(
            "shop/redis/redis has an established TCP connection, which CRIU does not dump by default.\n" +
            "Process 8847 (redis-server), descriptor 12 (10.88.0.31:6379). CRIU: inet: Connected TCP socket, consider using --tcp-established option.",
            failure.Message);
        Assert.Contains($"Initialize-CheckpointNode -NodeName {node} -CriuOption tcp-established, tcp-close", failure.RecommendedAction, StringComparison.Ordinal);
        var run = Assert.IsType<FailedCriuRun>(failure.Target);
        Assert.Equal(14, run.Log.Count);
        Assert.Null(run.LogReason);
        Assert.Single(Posts());
        Assert.Empty(Sandbox.HelperPods);
    }

    [Fact]
    public async Task Without_the_right_to_look_the_error_says_what_to_run_on_the_node()
    {
        Sandbox.AddPod(new SandboxPod("shop", "redis", "node3", new SandboxContainer("redis")));
        Sandbox.SetKubeletBehaviour("node3", KubeletBehaviour.EstablishedTcp);
        Sandbox.AddFault(new() { PathContains = "/pods", Method = "POST", Status = 403, Body = """{"kind":"Status","status":"Failure","message":"pods is forbidden","reason":"Forbidden","code":403}""" });

        var failure = await FailAsync("CriuDumpFailed", "redis", "redis");

        Assert.Equal("CRIU could not dump shop/redis/redis.", failure.Message);
        Assert.Contains("on node 'node3'; there, as root: grep Error '/run/containerd/io.containerd.runtime.v2.task/k8s.io/", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("pods is forbidden", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(Assert.IsType<FailedCriuRun>(failure.Target).Log);
    }

    [Theory]
    [InlineData("node1")]
    [InlineData("node3")]
    public async Task A_dump_that_met_a_connection_in_flight_is_tried_again(string node)
    {
        Sandbox.AddPod(new SandboxPod("shop", "busy", node, new SandboxContainer("app")));
        Sandbox.SetKubeletBehaviour(node, KubeletBehaviour.InFlight);
        await using var transfer = new ArchiveTransfer(Client, new() { Image = "busybox:1" });
        using var checkpointer = new ContainerCheckpointer(Client, transfer);

        Assert.NotNull(await checkpointer.CheckpointAsync(Request with { PodName = "busy" }, null, default));
        Assert.Equal(2, Posts().Count());
    }

    [Fact]
    public async Task A_dump_that_fails_each_time_is_tried_three_times()
    {
        Sandbox.AddFault(new()
        {
            PathContains = "/checkpoint/shop/web/app",
            Server = SandboxServer.Kubelet,
            Status = 500,
            Body = "checkpointing of shop/web/app failed (msg=\"3:(00.1) Error (criu/sk-inet.c:185): inet: In-flight connection (l) for 1f\"\n"
                + "msg=\"criu failed: type DUMP errno 0\")",
            Times = int.MaxValue,
        });

        var failure = await Failing.WithAsync("CriuDumpFailed", () => CheckpointAsync(Request));

        Assert.Contains("has not accepted yet", failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, Posts().Count());
    }

    [Fact]
    public async Task A_paused_container_is_retried_before_it_fails()
    {
        Sandbox.SetKubeletBehaviour("node1", KubeletBehaviour.Paused);
        await Failing.WithAsync("CheckpointBusy", () => CheckpointAsync(Request));
        Assert.Equal(3, Posts().Count());
    }

    [Fact]
    public async Task A_transient_failure_is_retried()
    {
        Sandbox.AddFault(new() { PathContains = "/checkpoint/", Method = "POST", Status = 429, RetryAfter = TimeSpan.FromSeconds(1) });
        Assert.NotNull(await CheckpointAsync(Request));
        Assert.Equal(2, Posts().Count());
    }

    [Fact]
    public async Task A_kubelet_that_is_down_is_reported()
    {
        await Sandbox.StopKubeletAsync("node1");
        await Failing.WithAsync("KubeletUnavailable", () => CheckpointAsync(Request));
    }

    [Fact]
    public async Task Both_kinds_of_forbidden_name_a_remedy()
    {
        using var limited = ClusterClient.Connect(new(Sandbox.KubeConfigPath, "limited"));
        using var checkpointer = new ContainerCheckpointer(limited);
        var failure = await Failing.WithAsync("NodeProxyForbidden", () => checkpointer.CheckpointAsync(Request with { NodeName = "node1" }, null, default));
        Assert.Contains("limited-user", failure.Message, StringComparison.Ordinal);

        await using var trap = await SandboxCluster.StartAsync(new() { ApiServerLacksCheckpointRight = true });
        trap.AddPod(new SandboxPod("shop", "web", "node1", new SandboxContainer("app")));
        using var client = ClusterClient.Connect(new(trap.KubeConfigPath, "admin"));
        using var trapped = new ContainerCheckpointer(client);
        failure = await Failing.WithAsync("KubeadmKubeletClientForbidden", () => trapped.CheckpointAsync(Request, null, default));
        Assert.Contains("--resource=nodes/checkpoint", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_timeout_an_archive_that_the_runtime_finished_is_found()
    {
        Sandbox.SetKubeletBehaviour("node1", KubeletBehaviour.DeadlineExceeded);
        await using var transfer = new ArchiveTransfer(Client, new() { Image = "busybox:1" });
        using var checkpointer = new ContainerCheckpointer(Client, transfer);
        var checkpoint = await checkpointer.CheckpointAsync(Request, null, default);
        Assert.True(File.Exists(Path.Combine(Sandbox.CheckpointFolder("node1"), Path.GetFileName(checkpoint.NodePath))));
        Assert.Single(Posts());
    }

    public static TheoryData<string> MissedResponses => [.. Faults.Keys];

    private static readonly Dictionary<string, SandboxFault> Faults = new()
    {
        ["cut before the body"] = new() { CutAfterBytes = 0 },
        ["cut in the body"] = new() { CutAfterBytes = 10 },
        ["408"] = new() { Status = 408 },
        ["502"] = new() { Status = 502, Body = "<html>Bad Gateway</html>" },
        ["504"] = new() { Status = 504 },
        ["524"] = new() { Status = 524, Body = "A timeout occurred" },
        ["a success of another server"] = new() { Status = 200, Body = "<html>Sign in</html>" },
    };

    [Theory]
    [MemberData(nameof(MissedResponses))]
    public async Task A_request_without_its_response_is_sent_once_and_the_archive_is_found_on_the_node(string fault)
    {
        Sandbox.AddFault(Faults[fault] with { Server = SandboxServer.ApiServer, Method = "POST", PathContains = "/checkpoint/", Times = int.MaxValue });
        await using var transfer = new ArchiveTransfer(Client, new() { Image = "busybox:1" });
        using var checkpointer = new ContainerCheckpointer(Client, transfer);
        using var writer = Faults[fault].Status is null ? null : KubeletDirectly();

        // A proxy that gives up leaves the kubelet at work.
        var work = writer is null ? Task.CompletedTask : writer.Checkpointer.CheckpointAsync(Request, null, default);
        var checkpoint = await checkpointer.CheckpointAsync(Request, null, default);
        await work;

        Assert.True(File.Exists(Path.Combine(Sandbox.CheckpointFolder("node1"), Path.GetFileName(checkpoint.NodePath))));
        Assert.Single(Posts());
    }

    [Theory]
    [MemberData(nameof(MissedResponses))]
    public async Task Where_nobody_can_look_the_error_says_where_an_archive_may_be(string fault)
    {
        Sandbox.AddFault(Faults[fault] with { Server = SandboxServer.ApiServer, Method = "POST", PathContains = "/checkpoint/", Times = int.MaxValue });
        var failure = await Failing.WithAsync("CheckpointResponseLost", () => CheckpointAsync(Request));
        Assert.Contains("on node 'node1' in '/var/lib/kubelet/checkpoints/checkpoint-web_shop-app-*.tar'", failure.Message, StringComparison.Ordinal);
        Assert.Single(Posts());
    }

    [Theory]
    [MemberData(nameof(MissedResponses))]
    public async Task A_kubelet_gets_a_request_without_its_response_only_once(string fault)
    {
        Sandbox.AddFault(Faults[fault] with { Server = SandboxServer.Kubelet, Method = "POST", PathContains = "/checkpoint/", Times = int.MaxValue });
        using var kubelet = KubeletDirectly();
        await kubelet.ListAsync();
        var failure = await Failing.WithAsync("CheckpointResponseLost", () => kubelet.Checkpointer.CheckpointAsync(Request, null, default));
        Assert.Contains("'/var/lib/kubelet/checkpoints/checkpoint-web_shop-app-*.tar'", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("API server", failure.Message, StringComparison.Ordinal);
        Assert.Single(Posts(SandboxServer.Kubelet));
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "")]
    [InlineData(false, "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"items\":[")]
    [InlineData(true, "HTTP/1.1 200 OK\r\n")]
    public async Task A_connection_that_ends_is_not_replaced_for_the_same_request(bool reset, string sent)
    {
        using var authority = new TestAuthority("kubelet CA");
        await using var server = new ClosingKubelet(authority.Issue(["127.0.0.1"]), reset, sent);
        using var client = KubeletClient.Connect(new() { Uri = server.Uri, Token = "t", SkipCertificateCheck = true });
        using var checkpointer = new ContainerCheckpointer(client);
        Assert.Empty(await client.GetPodsAsync(new(), _ => { }, default).ToListAsync());

        await Failing.WithAsync("CheckpointResponseLost", () => checkpointer.CheckpointAsync(Request, null, default));
        Assert.Equal(1, server.Posts);
    }

    [Fact]
    public async Task A_kubelet_that_listens_nowhere_is_tried_again_and_leaves_no_archive()
    {
        Uri address;
        using var authority = new TestAuthority("kubelet CA");
        await using (var gone = new ClosingKubelet(authority.Issue(["127.0.0.1"]), reset: false, ""))
            address = gone.Uri;
        using var client = KubeletClient.Connect(new() { Uri = address, Token = "t", SkipCertificateCheck = true });
        using var checkpointer = new ContainerCheckpointer(client);
        var pod = await Client.GetPodAsync("shop", "web", default);
        await Failing.WithAsync("KubeletUnreachable", () => checkpointer.CheckpointAsync(Request with { Pod = pod }, null, default));
    }

    [Fact]
    public async Task A_kubelet_whose_response_the_api_server_misses_gets_the_request_only_once()
    {
        Sandbox.AddFault(new() { Server = SandboxServer.Kubelet, Method = "POST", PathContains = "/checkpoint/", CutAfterBytes = 0, Times = int.MaxValue });
        await Failing.WithAsync("CheckpointResponseLost", () => CheckpointAsync(Request));
        Assert.Single(Posts(SandboxServer.Kubelet));
    }

    [Fact]
    public async Task Cancelling_ends_immediately()
    {
        Sandbox.AddFault(new() { PathContains = "/checkpoint/", NeverResponds = true });
        using var cancel = new CancellationTokenSource();
        var running = _checkpointer.CheckpointAsync(Request, null, cancel.Token);
        while (!Posts().Any())
            await Task.Delay(10);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private async Task<KubeCheckpointException> FailAsync(string errorId, string pod, string container)
    {
        await using var transfer = new ArchiveTransfer(Client, new() { Image = "busybox:1" });
        using var checkpointer = new ContainerCheckpointer(Client, transfer);
        return await Failing.WithAsync(errorId, () => checkpointer.CheckpointAsync(Request with { PodName = pod, ContainerName = container }, null, default));
    }

    private Task<ContainerCheckpoint> CheckpointAsync(CheckpointRequest request) => _checkpointer.CheckpointAsync(request, null, default);

    private DirectKubelet KubeletDirectly(string user = "admin") => new(KubeletClient.Connect(new()
    {
        Uri = Sandbox.KubeletUri("node1"),
        Token = Sandbox.Tokens[user],
        CertificateAuthorities = [X509CertificateLoader.LoadCertificateFromFile(Sandbox.CertificateAuthorityPath)],
    }));

    private sealed class DirectKubelet(KubeletClient client) : IDisposable
    {
        public ContainerCheckpointer Checkpointer { get; } = new(client);

        /// <summary>Sends a request first, so that the next one goes over a connection that has been used.</summary>
        public async Task ListAsync() => Assert.NotEmpty(await client.GetPodsAsync(new(), _ => { }, default).ToListAsync());

        public void Dispose()
        {
            Checkpointer.Dispose();
            client.Dispose();
        }
    }

    private IEnumerable<string> Posts(SandboxServer server = SandboxServer.ApiServer) => Sandbox.Requests
        .Where(request => request.Server == server && request.Method == "POST" && request.Path.Contains("/checkpoint/", StringComparison.Ordinal))
        .Select(request => request.Path);
}
