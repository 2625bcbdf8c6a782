using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Stages;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Cluster.Restore;

/// <summary>Plans and their execution: nodes are chosen by runtime, base images pulled, archives pushed first.</summary>
public sealed class RestorePlanTests : IAsyncLifetime
{
    private const string Base = "127.0.0.1:5000/counter@sha256:28f8ec0eefae275ee8cc1945f3f86ae6eef0b4e4d9669fb62b872328f5b6b58f";
    private const string BaseId = "87f6b810417b40ca6f1fbcc1bd098b9fbe16aeadb5a49b755fe41705b1a6fff6";
    private const string Manifest = """
        {"kind":"Pod","metadata":{"name":"counter","namespace":"shop"},
         "spec":{"automountServiceAccountToken":false,"containers":[{"name":"counter","image":"127.0.0.1:5000/counter:1"}]}}
        """;

    private readonly List<JsonObject> _made = [];
    private SandboxCluster _sandbox = null!;
    private ClusterClient _client = null!;
    private PodRestorer _restorer = null!;

    public async Task InitializeAsync() => await StartAsync(new SandboxOptions());

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task An_archive_is_pushed_and_restored_on_a_node_of_its_runtime()
    {
        _sandbox.UpdateNode("node1", node => node["spec"]!["unschedulable"] = true);
        var plan = await _restorer.PlanAsync(await RequestAsync(), default);
        Assert.Equal((CheckpointEngine.CriO, null), (plan.Runtime, plan.NodeName));
        Assert.Contains("\"NotIn\",\"values\":[\"node3\"]", plan.Manifest.Json, StringComparison.Ordinal);

        var times = new StageTimes();
        var restored = await _restorer.RestoreAsync(plan, times, null, default);

        Assert.Equal(("counter-restored", "node2"), (restored.Pod.PodName, restored.Pod.NodeName));
        Assert.EndsWith(Assert.Single(restored.Images).Digest, restored.Pod.Containers[0].Image, StringComparison.Ordinal);
        Assert.Equal([RestoreStage.Push, RestoreStage.PullBaseImage, RestoreStage.Restore], times.Ended.Select(time => time.Stage));
    }

    [Fact]
    public async Task The_base_image_is_pulled_by_digest_if_the_node_lacks_it()
    {
        _sandbox.RemoveImage("node2", BaseId);
        await RestoreAsync(await RequestAsync("node2"));

        Assert.True(_sandbox.HasImage("node2", Base));
        var puller = Assert.Single(Pullers());
        Assert.Equal((Base, "IfNotPresent", "Never", false), (
            (string?)puller["spec"]!["containers"]![0]!["image"],
            (string?)puller["spec"]!["containers"]![0]!["imagePullPolicy"],
            (string?)puller["spec"]!["restartPolicy"],
            (bool)puller["spec"]!["automountServiceAccountToken"]!));
        Assert.DoesNotContain(_sandbox.Pods, pod => Name(pod).StartsWith("kubecheckpoint-pull-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_is_pulled_if_the_node_has_the_image_or_the_user_skips_it()
    {
        await RestoreAsync(await RequestAsync("node2"));
        Assert.Empty(Pullers());

        _sandbox.RemoveImage("node1", BaseId);
        var failure = await Failing.WithAsync("RestoreFailed", async () => await RestoreAsync(await RequestAsync("node1") with { PullBaseImages = false }));
        Assert.Contains("image not known", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Pullers());
    }

    [Fact]
    public async Task A_moved_tag_does_no_harm()
    {
        _sandbox.AddImage("node2", new SandboxImage(SandboxContainer.CounterImage, $"sha256:{new string('1', 64)}", new string('2', 64)));
        Assert.False(_sandbox.HasImage("node2", Base));
        Assert.Equal("Running", (await RestoreAsync(await RequestAsync("node2"))).Status);
    }

    [Fact]
    public async Task Without_the_digest_the_kubelet_loses_the_container_which_is_explained()
    {
        _sandbox.AddImage("node2", new SandboxImage(SandboxContainer.CounterImage, $"sha256:{new string('1', 64)}", new string('2', 64)));
        var failure = await Failing.WithAsync("RestoreFailed", async () => await RestoreAsync(await RequestAsync("node2") with { PullBaseImages = false }));
        Assert.Contains("has moved to another image", failure.Message, StringComparison.Ordinal);
        Assert.Contains("crictl rm -f", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_base_image_is_pulled_with_the_pods_secrets_and_a_missing_secret_is_named()
    {
        await DisposeAsync();
        var options = new SandboxOptions();
        await StartAsync(options with { Images = [.. options.Images.Select(image => image with { Nodes = [], PullSecret = "registry" })] });
        var withSecret = Manifest.Replace("\"spec\":{", "\"spec\":{\"imagePullSecrets\":[{\"name\":\"registry\"}],", StringComparison.Ordinal);
        var request = await RequestAsync("node2") with { Timeout = TimeSpan.FromSeconds(3) };

        var failure = await Failing.WithAsync("BaseImagePullFailed", () => RestoreAsync(request));
        Assert.Contains("unauthorized", failure.Message, StringComparison.Ordinal);
        Assert.Contains("names no pull secrets", failure.Message, StringComparison.Ordinal);

        failure = await Failing.WithAsync("BaseImagePullFailed", () => RestoreAsync(request with { Manifest = new(withSecret) }));
        Assert.Contains("'shop': registry", failure.Message, StringComparison.Ordinal);
        Assert.Contains("FailedToRetrieveImagePullSecret", failure.Message, StringComparison.Ordinal);

        _sandbox.AddObject("secrets", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "registry", ["namespace"] = "shop" } });
        Assert.Equal("Running", (await RestoreAsync(request with { Manifest = new(withSecret) })).Status);
    }

    [Fact]
    public async Task A_restricted_namespace_accepts_the_pulling_pod()
    {
        _sandbox.AddNamespace("strict", new Dictionary<string, string> { ["pod-security.kubernetes.io/enforce"] = "restricted" });
        _sandbox.RemoveImage("node2", BaseId);
        var request = await RequestAsync("node2") with { Namespace = "strict" };

        var failure = await Failing.WithAsync("RequestRefused", () => RestoreAsync(request));
        Assert.Contains("container \"counter\"", failure.Message, StringComparison.Ordinal);
        Assert.True(_sandbox.HasImage("node2", Base));
    }

    [Fact]
    public async Task A_pod_that_fails_can_be_removed()
    {
        _sandbox.SetRestoreBehaviour("node2", RestoreBehaviour.Disabled);
        var failure = await Failing.WithAsync("RestoreFailed", async () => await RestoreAsync(await RequestAsync("node2") with { RemoveOnFailure = true }));
        Assert.EndsWith("The pod was removed.", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain(_sandbox.Pods, pod => Name(pod) == "counter-restored");
    }

    [Fact]
    public async Task A_server_under_load_is_given_the_time_to_remove_a_pod_that_failed()
    {
        _sandbox.SetRestoreBehaviour("node2", RestoreBehaviour.Disabled);
        _sandbox.AddFault(new() { Server = SandboxServer.ApiServer, Method = "DELETE", PathContains = "/pods/counter-restored", Delay = TimeSpan.FromSeconds(1) });
        await Failing.WithAsync("RestoreFailed", async () => await RestoreAsync(await RequestAsync("node2") with { RemoveOnFailure = true }));
        Assert.DoesNotContain(_sandbox.Pods, pod => Name(pod) == "counter-restored");
    }

    [Fact]
    public async Task A_cancelled_restore_leaves_nothing_behind_on_request()
    {
        _sandbox.AddFault(new() { Server = SandboxServer.ApiServer, Method = "GET", PathContains = "/pods/counter-restored", NeverResponds = true, Times = int.MaxValue });
        using var cancellation = new CancellationTokenSource();
        var restoring = RestoreAsync(await RequestAsync("node2") with { RemoveOnFailure = true }, cancellation.Token);
        await Eventually(() => _sandbox.Pods.Any(pod => Name(pod) == "counter-restored"));
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => restoring);
        Assert.DoesNotContain(_sandbox.Pods, pod => Name(pod) == "counter-restored");
    }

    [Fact]
    public async Task Unsuitable_nodes_are_refused_before_anything_is_created()
    {
        var request = await RequestAsync("node2");
        await Failing.WithAsync("NodeNotFound", () => _restorer.PlanAsync(request with { NodeName = "nosuch" }, default));

        _sandbox.UpdateNode("node2", node => node["status"]!["conditions"]![3]!["status"] = "Unknown");
        await Failing.WithAsync("NodeNotReady", () => _restorer.PlanAsync(request, default));

        _sandbox.UpdateNode("node1", node => node["status"]!["nodeInfo"]!["containerRuntimeVersion"] = "docker://28.1.0");
        var failure = await Failing.WithAsync("NodeRuntimeUnsupported", () => _restorer.PlanAsync(request with { NodeName = "node1" }, default));
        Assert.Contains("runs docker", failure.Message, StringComparison.Ordinal);

        _sandbox.UpdateNode("node3", node => node["status"]!["nodeInfo"]!["architecture"] = "arm64");
        await Failing.WithAsync("NodeArchitectureDiffers", () => _restorer.PlanAsync(request with { NodeName = "node3" }, default));
        await Failing.WithAsync("NoSuitableNode", () => _restorer.PlanAsync(request with { NodeName = null }, default));
    }

    [Fact]
    public async Task An_image_for_the_other_runtime_is_refused_with_the_remedy()
    {
        var restored = await _restorer.RestoreAsync(await _restorer.PlanAsync(await RequestAsync("node2"), default), null, default);
        var failure = await Failing.WithAsync(
            "RestoreImageOtherRuntime", () => _restorer.PlanAsync(new() { Images = restored.Images, NodeName = "node3" }, default));
        Assert.Contains("-TargetRuntime Containerd", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_of_another_architecture_than_the_nodes_is_refused()
    {
        var restored = await _restorer.RestoreAsync(await _restorer.PlanAsync(await RequestAsync("node2"), default), null, default);
        var other = restored.Images[0] with { Architecture = "arm64" };
        var request = new RestoreRequest { Images = [other], NodeName = "node2" };

        await Failing.WithAsync("NodeArchitectureDiffers", () => _restorer.PlanAsync(request, default));
        await Failing.WithAsync("NoSuitableNode", () => _restorer.PlanAsync(request with { NodeName = null }, default));
    }

    [Fact]
    public async Task A_user_who_may_not_read_nodes_restores_where_the_scheduler_chooses()
    {
        _sandbox.AddFault(new()
        {
            PathContains = "/api/v1/nodes",
            Status = 403,
            Body = """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"nodes is forbidden: User \"operator\" cannot list resource \"nodes\" in API group \"\" at the cluster scope","reason":"Forbidden","code":403}""",
            ContentType = "application/json",
            Times = int.MaxValue,
        });
        var plan = await _restorer.PlanAsync(await RequestAsync(), default);
        Assert.DoesNotContain("affinity", plan.Manifest.Json, StringComparison.Ordinal);
        Assert.Equal("Running", (await _restorer.RestoreAsync(plan, null, default)).Pod.Status);
    }

    [Fact]
    public async Task An_archive_without_a_repository_is_an_error() =>
        await Failing.WithAsync("RepositoryMissing", async () => await _restorer.PlanAsync(await RequestAsync() with { Repository = null }, default));

    private static string Name(JsonObject pod) => (string)pod["metadata"]!["name"]!;

    private static async Task Eventually(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!holds())
            await Task.Delay(20, limit.Token);
    }

    private async Task StartAsync(SandboxOptions options)
    {
        _sandbox = await SandboxCluster.StartAsync(options with { DefaultPods = false, PodRetry = TimeSpan.FromMilliseconds(100) });
        _sandbox.AddNamespace("shop");
        _made.Clear();
        _client = ClusterClient.Connect(new(_sandbox.KubeConfigPath, "admin"));
        _restorer = new(_client);
    }

    private async Task<RestoreRequest> RequestAsync(string? node = null) => new()
    {
        Archives = [await CheckpointArchiveReader.ReadAsync(Fixture.PathOf("crio-counter.tar"), default)],
        Manifest = new(Manifest),
        Repository = $"{_sandbox.RegistryAddress}/restore/web",
        NodeName = node,
    };

    private async Task<Pod> RestoreAsync(RestoreRequest request, CancellationToken cancellationToken = default)
    {
        using var watching = new CancellationTokenSource();
        var watch = WatchPullersAsync(watching.Token);
        try
        {
            return (await _restorer.RestoreAsync(await _restorer.PlanAsync(request, cancellationToken), null, cancellationToken)).Pod;
        }
        finally
        {
            await watching.CancelAsync();
            await watch;
        }
    }

    private List<JsonObject> Pullers() => _made;

    /// <summary>Records the pods that pull images while they exist, since they are soon deleted.</summary>
    private async Task WatchPullersAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            foreach (var pod in _sandbox.Pods.Where(pod => Name(pod).StartsWith("kubecheckpoint-pull-", StringComparison.Ordinal)))
            {
                if (_made.All(known => Name(known) != Name(pod)))
                    _made.Add(pod);
            }

            await Task.Delay(5, CancellationToken.None);
        }
    }
}
