using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Cluster.Restore;

/// <summary>From a running pod to a restored one, in the sandbox.</summary>
public sealed class PodRestorerTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kubecheckpoint-");
    private SandboxCluster _sandbox = null!;
    private ClusterClient _client = null!;
    private PodRestorer _restorer = null!;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxCluster.StartAsync(new() { DefaultPods = false, PodRetry = TimeSpan.FromMilliseconds(100) });
        _sandbox.AddPod(new SandboxPod("shop", "web", "node1", new SandboxContainer("app"), new SandboxContainer("side")));
        _client = ClusterClient.Connect(new(_sandbox.KubeConfigPath, "operator"));
        _restorer = new(_client);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _sandbox.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_main_job_ends_with_a_restored_pod()
    {
        var image = await MakeImageAsync("app");
        var pod = await RestoreAsync(new() { Images = [image], NodeName = "node2" });

        Assert.Equal(("web-restored", "node2", "Running"), (pod.PodName, pod.NodeName, pod.Status));
        Assert.EndsWith($"@{image.Digest}", pod.Containers[0].Image, StringComparison.Ordinal);
        Assert.Equal(SandboxContainer.CounterImage, pod.Containers[1].Image);
        Assert.Single(_sandbox.RestoredContainers);
    }

    [Fact]
    public async Task The_images_of_one_pod_make_one_pod()
    {
        var pod = await RestoreAsync(new() { Images = [await MakeImageAsync("app"), await MakeImageAsync("side")] });
        Assert.Equal(2, pod.ReadyContainers);
        Assert.Equal(2, _sandbox.RestoredContainers.Count);
    }

    [Fact]
    public async Task A_default_name_that_is_taken_gets_a_number_and_a_chosen_one_does_not()
    {
        var request = new RestoreRequest { Images = [await MakeImageAsync("app")] };
        Assert.Equal("web-restored", (await RestoreAsync(request)).PodName);
        Assert.Equal("web-restored-2", (await RestoreAsync(request)).PodName);
        await Failing.WithAsync("PodExists", () => RestoreAsync(request with { Name = "web-restored" }));
    }

    [Fact]
    public async Task An_unknown_namespace_and_missing_permissions_are_reported()
    {
        var request = new RestoreRequest { Images = [await MakeImageAsync("app")], Namespace = "nosuch" };
        var failure = await Failing.WithAsync("Forbidden", () => RestoreAsync(request));
        Assert.Contains("may not create pods in namespace 'nosuch'", failure.Message, StringComparison.Ordinal);

        using var admin = ClusterClient.Connect(new(_sandbox.KubeConfigPath, "admin"));
        _restorer = new(admin);
        await Failing.WithAsync("NamespaceNotFound", () => RestoreAsync(request));
    }

    [Fact]
    public async Task Without_a_stored_manifest_the_live_pod_is_the_model()
    {
        var image = (await MakeImageAsync("app")) with { PodManifest = null };
        Assert.Equal("web-restored", (await RestoreAsync(new() { Images = [image] })).PodName);
        await Failing.WithAsync("PodManifestMissing", () => RestoreAsync(new() { Images = [image with { PodName = "gone" }] }));
    }

    [Fact]
    public async Task A_runtime_that_may_not_restore_is_recognised()
    {
        _sandbox.SetRestoreBehaviour("node2", RestoreBehaviour.Disabled);
        var failure = await FailAsync(new() { Images = [await MakeImageAsync("app")], NodeName = "node2" });
        Assert.Contains("enable_experimental_restore_via_create", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_base_image_is_recognised()
    {
        _sandbox.SetRestoreBehaviour("node2", RestoreBehaviour.BaseImageMissing);
        var failure = await FailAsync(new() { Images = [await MakeImageAsync("app")], NodeName = "node2" });
        Assert.Contains("crictl pull", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_other_runtimes_archive_is_recognised()
    {
        var failure = await FailAsync(new() { Images = [await MakeImageAsync("app")], NodeName = "node3" });
        Assert.Contains("status.dump", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the node runs containerd", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.Message.Split('\n').Length <= 3, failure.Message);
        Assert.Contains(_sandbox.Pods, pod => (string?)pod["metadata"]!["name"] == "web-restored");
    }

    [Fact]
    public async Task A_pod_that_does_not_start_in_time_is_reported()
    {
        var request = new RestoreRequest { Images = [await MakeImageAsync("app")], Timeout = TimeSpan.FromSeconds(1) };
        _sandbox.AddFault(new() { Server = SandboxServer.ApiServer, Method = "GET", PathContains = "pods/web-restored", NeverResponds = true, Times = 1 });
        await Failing.WithAsync("RestoreTimedOut", () => RestoreAsync(request));
    }

    [Fact]
    public async Task A_broken_watch_is_resumed()
    {
        _sandbox.AddFault(new() { PathContains = "watch=1", CutAfterBytes = 10, Times = 2 });
        Assert.Equal("Running", (await RestoreAsync(new() { Images = [await MakeImageAsync("app")] })).Status);
    }

    [Fact]
    public async Task A_manifest_refused_by_the_server_is_reported()
    {
        var manifest = JsonNode.Parse((await _client.GetPodAsync("shop", "web", default)).Manifest.Json)!;
        manifest["spec"]!["containers"]![0]!["name"] = "App";
        var image = (await MakeImageAsync("app")) with { ContainerName = "side" };
        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => RestoreAsync(new() { Images = [image], Manifest = new(manifest.ToJsonString()) }));
        Assert.Equal("PodManifestRefused", failure.ErrorId);
    }

    private Task<KubeCheckpointException> FailAsync(RestoreRequest request) => Failing.WithAsync("RestoreFailed", () => RestoreAsync(request));

    /// <summary>Plans offline where possible, since a plan with the cluster refuses nodes that do not fit.</summary>
    private async Task<Pod> RestoreAsync(RestoreRequest request)
    {
        request = request with { PullBaseImages = false };
        var plan = await PodRestorer.PlanOfflineAsync(request) ?? await _restorer.PlanAsync(request, default);
        return (await _restorer.RestoreAsync(plan, null, default)).Pod;
    }

    private async Task<RestoreImage> MakeImageAsync(string container)
    {
        using var checkpointer = new ContainerCheckpointer(_client);
        await using var transfer = new ArchiveTransfer(_client, new() { Image = "busybox:1" });
        var checkpoint = await checkpointer.CheckpointAsync(new() { Namespace = "shop", PodName = "web", ContainerName = container }, null, default);
        var saved = await transfer.SaveAsync(
            new()
            {
                NodeName = checkpoint.NodeName!,
                NodePath = checkpoint.NodePath,
                DestinationFolder = _folder.FullName,
                PodManifest = checkpoint.PodManifest,
            },
            null,
            default);
        var archive = await CheckpointArchiveReader.ReadAsync(saved.Path, default);
        var request = new RestoreImageRequest
        {
            Archive = archive,
            Repository = $"{_sandbox.RegistryAddress}/restore/web",
            Registry = new() { PlainHttp = true },
        };
        return await RestoreImageFactory.CreateAsync(request, null, default);
    }
}
