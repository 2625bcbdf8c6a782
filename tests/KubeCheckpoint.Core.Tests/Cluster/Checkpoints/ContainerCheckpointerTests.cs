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
        using var kubelet = KubeletClient.Connect(new()
        {
            Uri = Sandbox.KubeletUri("node1"),
            Token = Sandbox.Tokens["checkpointer"],
            CertificateAuthorities = [X509CertificateLoader.LoadCertificateFromFile(Sandbox.CertificateAuthorityPath)],
        });
        using var checkpointer = new ContainerCheckpointer(kubelet);
        var checkpoint = await checkpointer.CheckpointAsync(Request, null, default);
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

    private Task<ContainerCheckpoint> CheckpointAsync(CheckpointRequest request) => _checkpointer.CheckpointAsync(request, null, default);

    private IEnumerable<string> Posts() => Sandbox.Requests
        .Where(request => request.Server == SandboxServer.ApiServer && request.Method == "POST" && request.Path.Contains("/checkpoint/", StringComparison.Ordinal))
        .Select(request => request.Path);
}
