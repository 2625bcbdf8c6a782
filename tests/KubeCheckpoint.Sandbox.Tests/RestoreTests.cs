using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>The results of real restores (transcripts of CRI-O 1.36.3 and containerd 2.1.9 and 2.3.4), with their messages and events.</summary>
public sealed class RestoreTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private static readonly string[] Both = [ImagePusher.CriO, ImagePusher.Containerd];
    private static readonly string[] CriOOnly = [ImagePusher.CriO];
    private static readonly string[] ContainerdOnly = [ImagePusher.Containerd];

    private readonly SandboxCluster _cluster = sandbox.Cluster;

    [Theory]
    [InlineData("node2", "crio-counter.tar")]
    [InlineData("node3", "containerd-counter.tar")]
    public async Task Both_annotations_restore_on_each_runtime_under_any_name(string node, string archive)
    {
        var image = await ImagePusher.PushAsync(_cluster, $"ok-{node}", archive, Both);
        var name = await CreateAsync(image, node, container: "renamed");
        await Eventually.TrueAsync(() => Manifests.IsReady(_cluster, name), "restored");
        var restored = _cluster.RestoredContainers.Single(candidate => candidate.PodName == name);
        Assert.Equal(new RestoredContainer("default", name, "renamed", node, image, "default", "counter", "counter"), restored);
        Assert.Equal(["Pulling", "Pulled", "Created", "Started"], Reasons(name));
        Assert.Matches(@"^Successfully pulled image "".+"" in .+s \(.+s including waiting\)\. Image size: \d+ bytes\.$", Messages(name)[1]);
    }

    [Fact]
    public async Task Without_the_annotation_there_is_no_command()
    {
        var image = await ImagePusher.PushAsync(_cluster, "noann", "crio-counter.tar", []);
        await FailsAsync(image, "node2", "CreateContainerError", "no command specified");
        await FailsAsync(image, "node3", "CreateContainerError", "^failed to generate container \"[0-9a-f]{64}\" spec: failed to generate spec: no command specified$");
    }

    [Fact]
    public async Task The_other_runtimes_annotation_is_not_seen()
    {
        await FailsAsync(await ImagePusher.PushAsync(_cluster, "criuann", "crio-counter.tar", ContainerdOnly), "node2", "CreateContainerError", "no command specified");
        await FailsAsync(await ImagePusher.PushAsync(_cluster, "crioann", "containerd-counter.tar", CriOOnly), "node3", "CreateContainerError", "no command specified$");
    }

    [Fact]
    public async Task A_docker_manifest_has_no_annotations() => await FailsAsync(
        await ImagePusher.PushAsync(_cluster, "v2s2", "crio-counter.tar", Both, "application/vnd.docker.distribution.manifest.v2+json"),
        "node2", "CreateContainerError", "no command specified");

    [Fact]
    public async Task The_other_runtimes_archive_is_refused()
    {
        await FailsAsync(
            await ImagePusher.PushAsync(_cluster, "ctrdarch", "containerd-counter.tar", Both), "node2", "CreateContainerError",
            "^failed to read \"io.kubernetes.cri-o.Annotations\": unexpected end of JSON input$");
        await FailsAsync(
            await ImagePusher.PushAsync(_cluster, "crioarch", "crio-counter.tar", Both), "node3", "CreateContainerError",
            @"^failed to read ""status.dump"": open /tmp/checkpoint\d+/status.dump: no such file or directory$");
    }

    [Fact]
    public async Task A_missing_mount_is_named_by_cri_o_only()
    {
        var crio = await ImagePusher.PushAsync(_cluster, "multi-crio", "crio-multi-a.tar", Both);
        await FailsAsync(crio, "node2", "CreateContainerError", @"^restoring ""[0-9a-f]{64}"" expects following bind mounts defined \(/scratch\)$");
        var containerd = await ImagePusher.PushAsync(_cluster, "multi-ctrd", "containerd-multi-a.tar", Both);
        await FailsAsync(
            containerd, "node3", "RunContainerError",
            "^failed to restore containerd task: failed to create shim task: OCI runtime restore failed: criu failed: type RESTORE errno 0$");

        var name = await CreateAsync(crio, "node2", adjust: pod =>
        {
            pod["spec"]!["volumes"] = JsonNode.Parse("""[{"name": "s", "emptyDir": {} }]""");
            pod["spec"]!["containers"]![0]!["volumeMounts"] = JsonNode.Parse("""[{"name": "s", "mountPath": "/scratch"}]""");
        });
        await Eventually.TrueAsync(() => Manifests.IsReady(_cluster, name), "restored with its mount");
    }

    [Fact]
    public async Task A_path_is_not_an_image_name()
    {
        const string Image = "/var/lib/kubelet/checkpoints/x.tar";
        var message = $"Failed to apply default image tag \"{Image}\": couldn't parse image name \"{Image}\": invalid reference format";
        var name = await FailsAsync(Image, "node2", "InvalidImageName", "invalid reference format$");
        Assert.Equal(message, Manifests.Waiting(_cluster, name).Message);
        Assert.Contains("InspectFailed: " + message, Events(name));
        Assert.Contains("Failed: Error: InvalidImageName", Events(name));
    }

    [Fact]
    public async Task An_unknown_image_backs_off_until_it_exists()
    {
        var image = $"{_cluster.RegistryAddress}/late:1";
        var name = await CreateAsync(image, "node2");
        await Eventually.TrueAsync(() => Manifests.Waiting(_cluster, name).Reason == "ImagePullBackOff", "back-off");
        var reading = $"reading manifest 1 in {_cluster.RegistryAddress}/late: manifest unknown";
        var message = $"unable to pull image or OCI artifact: pull image err: initializing source docker://{image}: {reading}; "
            + $"artifact err: image reference: get manifest from ref: create image source: {reading}";
        Assert.Contains($"Failed: Failed to pull image \"{image}\": {message}", Events(name));
        Assert.Contains("Failed: Error: ErrImagePull", Events(name));
        Assert.Contains("Failed: Error: ImagePullBackOff", Events(name));
        await ImagePusher.PushAsync(_cluster, "late", "crio-counter.tar", Both);
        await Eventually.TrueAsync(() => Manifests.IsReady(_cluster, name), "pulled at last");

        var other = await CreateAsync($"{_cluster.RegistryAddress}/never:1", "node3");
        await Eventually.TrueAsync(() => Events(other).Any(line => line.EndsWith(
            $"failed to pull and unpack image \"{_cluster.RegistryAddress}/never:1\": failed to resolve image: {_cluster.RegistryAddress}/never:1: not found", StringComparison.Ordinal)), "containerd's words");
    }

    [Fact]
    public async Task Containerd_requires_its_architecture() => await Eventually.TrueAsync(
        await PullFailureAsync(await ImagePusher.PushAsync(_cluster, "arm", "containerd-counter.tar", Both, architecture: "arm64")), "no match for platform");

    [Fact]
    public async Task Restores_can_be_disabled()
    {
        await using var off = await SandboxCluster.StartAsync();
        off.SetRestoreBehaviour("node3", RestoreBehaviour.Disabled);
        var image = await ImagePusher.PushAsync(off, "off", "containerd-counter.tar", Both);
        using var caller = Caller.WithToken(off, "admin");
        await caller.PostAsync("/api/v1/namespaces/default/pods", Restore("off", image, "node3", "counter"));
        await Eventually.TrueAsync(
            () => Manifests.Waiting(off, "off") == ("CreateContainerError", "checkpoint restore via CreateContainer is disabled by configuration"), "disabled");
    }

    private static JsonObject Restore(string name, string image, string node, string container)
    {
        var pod = Manifests.Pod(name, image, node, container);
        pod["spec"]!["automountServiceAccountToken"] = false;
        return pod;
    }

    private async Task<Func<bool>> PullFailureAsync(string image)
    {
        var name = await CreateAsync(image, "node3");
        return () => Events(name).Any(line => line.EndsWith("no match for platform in manifest: not found", StringComparison.Ordinal));
    }

    private async Task<string> CreateAsync(string image, string node, string container = "counter", Action<JsonObject>? adjust = null)
    {
        var name = "restore-" + Guid.NewGuid().ToString("n")[..8];
        var pod = Restore(name, image, node, container);
        adjust?.Invoke(pod);
        await sandbox.Admin.PostAsync("/api/v1/namespaces/default/pods", pod);
        return name;
    }

    private async Task<string> FailsAsync(string image, string node, string reason, string pattern)
    {
        var name = await CreateAsync(image, node);
        await Eventually.TrueAsync(() => Manifests.Waiting(_cluster, name) is { Reason.Length: > 0, Reason: not "ContainerCreating" }, $"{name} fails");
        (var actual, var message) = Manifests.Waiting(_cluster, name);
        Assert.Equal(reason, actual);
        Assert.Matches(pattern, message);
        Assert.False(Manifests.IsReady(_cluster, name));
        if (reason.EndsWith("ContainerError", StringComparison.Ordinal))
            Assert.Contains(Messages(name), text => text.StartsWith("Error: ", StringComparison.Ordinal));
        return name;
    }

    private List<JsonObject> Of(string name) => [.. _cluster.Events.Where(recorded => recorded["involvedObject"]!["name"]!.GetValue<string>() == name)];

    private List<string> Reasons(string name) => [.. Of(name).Select(recorded => recorded["reason"]!.GetValue<string>())];

    private List<string> Messages(string name) => [.. Of(name).Select(recorded => recorded["message"]!.GetValue<string>())];

    private List<string> Events(string name) => [.. Of(name).Select(recorded => $"{recorded["reason"]}: {recorded["message"]}")];
}
