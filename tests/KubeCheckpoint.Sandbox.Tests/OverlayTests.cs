using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>Images of two layers, as the real runtimes treat them: containerd 2.1.9 and CRI-O 1.36.3, each with an archive of the other.</summary>
public sealed class OverlayTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private const string BaseImage = "127.0.0.1:5000/counter@sha256:28f8ec0eefae275ee8cc1945f3f86ae6eef0b4e4d9669fb62b872328f5b6b58f";
    private static readonly string[] Both = [ImagePusher.CriO, ImagePusher.Containerd];

    private readonly SandboxCluster _cluster = sandbox.Cluster;

    [Fact]
    public async Task Cri_o_compares_the_root_folder_of_another_runtimes_archive()
    {
        var documents = Layer(("spec.dump", CriOSpec), ("config.dump", Config("")));
        (var reason, var message) = await FailsAsync(await PushAsync("root-crio", "containerd-counter.tar", documents), "node2");
        Assert.Equal("RunContainerError", reason);
        Assert.Contains("Error (criu/files-reg.c:2294): File . has bad mode 040555 (expect 040755)", message, StringComparison.Ordinal);
        Assert.Contains("criu failed: type RESTORE errno 0", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cri_o_restores_it_if_the_images_do_not_record_the_mode() => await RestoresAsync(
        await PushAsync("free-crio", "containerd-counter.tar", Layer(("spec.dump", CriOSpec), ("config.dump", Config("")), ("checkpoint/files.img", NoFiles))), "node2");

    [Fact]
    public async Task Cri_o_requires_an_image_id_or_none()
    {
        var documents = Layer(("spec.dump", CriOSpec), ("config.dump", Config(BaseImage)), ("checkpoint/files.img", NoFiles));
        (var reason, var message) = await FailsAsync(await PushAsync("id-crio", "containerd-counter.tar", documents), "node2");
        Assert.Equal(("CreateContainerError", $"invalid RootfsImageRef \"{BaseImage}\": \"{BaseImage}\" is not a valid image ID"), (reason, message));
    }

    [Fact]
    public async Task Containerd_requires_the_mount_that_only_cri_o_creates()
    {
        var documents = Layer(("status.dump", "{}"), ("config.dump", Config(BaseImage)), ("checkpoint/files.img", NoFiles));
        (var reason, var message) = await FailsAsync(await PushAsync("env-ctrd", "crio-counter.tar", documents), "node3");
        Assert.Equal("RunContainerError", reason);
        Assert.EndsWith("OCI runtime restore failed: criu failed: type RESTORE errno 0", message, StringComparison.Ordinal);

        await RestoresAsync(await PushAsync("env2-ctrd", "crio-counter.tar", documents), "node3", pod =>
        {
            pod["spec"]!["volumes"] = JsonNode.Parse("""[{"name": "e", "emptyDir": {} }]""");
            pod["spec"]!["containers"]![0]!["volumeMounts"] = JsonNode.Parse("""[{"name": "e", "mountPath": "/run/.containerenv", "subPath": "e"}]""");
        });
    }

    [Fact]
    public async Task Containerd_restores_it_if_the_images_do_not_have_the_mount() => await RestoresAsync(
        await PushAsync("drop-ctrd", "crio-counter.tar", Layer(("status.dump", "{}"), ("config.dump", Config(BaseImage)), ("checkpoint/files.img", NoFiles), ("checkpoint/mountpoints-13.img", NoFiles))), "node3");

    [Fact]
    public async Task Containerd_compares_the_root_folder_too()
    {
        var documents = Layer(("status.dump", "{}"), ("config.dump", Config(BaseImage)), ("checkpoint/mountpoints-13.img", NoFiles));
        (var reason, var message) = await FailsAsync(await PushAsync("root-ctrd", "crio-counter.tar", documents), "node3");
        Assert.Equal("RunContainerError", reason);
        Assert.EndsWith("criu failed: type RESTORE errno 0", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Containerd_does_not_pull_by_image_id()
    {
        var documents = Layer(("status.dump", "{}"));
        (var reason, var message) = await FailsAsync(await PushAsync("id-ctrd", "crio-counter.tar", documents), "node3");
        Assert.Equal("CreateContainerError", reason);
        Assert.Matches("^failed to pull checkpoint base image ([0-9a-f]{64}): failed to resolve reference \"\\1\": object required$", message);
    }

    [Fact]
    public async Task What_a_layer_deletes_is_gone()
    {
        (var reason, var message) = await FailsAsync(await PushAsync("whiteout", "containerd-counter.tar", Layer((".wh.status.dump", ""))), "node3");
        Assert.Equal("CreateContainerError", reason);
        Assert.Contains("failed to read \"status.dump\"", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("podman-counter-zstd.tar.zst")]
    [InlineData("podman-counter-gzip.tar.gz")]
    public async Task Compressed_layers_are_read_too(string archive)
    {
        (var reason, var message) = await FailsAsync(await PushAsync("z-" + archive[^3..].Trim('.'), archive, null), "node2");
        Assert.Equal(("CreateContainerError", "failed to read \"io.kubernetes.cri-o.Annotations\": unexpected end of JSON input"), (reason, message));
    }

    private static string CriOSpec => """{"annotations":{"io.kubernetes.cri-o.Annotations":"{}"},"mounts":[{"destination":"/etc/hosts"},{"destination":"/dev/termination-log"}]}""";

    // A CRIU image without entries.
    private static string NoFiles => "\u0019\u0043\u0056\u0054\u0038\u0031\u0030\u0056";

    private static string Config(string reference) => new JsonObject { ["rootfsImageRef"] = reference, ["rootfsImageName"] = BaseImage }.ToJsonString();

    private static byte[] Layer(params (string Name, string Content)[] members)
    {
        using var layer = new MemoryStream();
        using (var tar = new TarWriter(layer, leaveOpen: true))
        {
            foreach ((var name, var content) in members)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }
        return layer.ToArray();
    }

    private Task<string> PushAsync(string name, string archive, byte[]? overlay) => ImagePusher.PushAsync(_cluster, name, archive, Both, overlay: overlay);

    private async Task<string> CreateAsync(string image, string node, Action<JsonObject>? adjust)
    {
        var name = "overlay-" + Guid.NewGuid().ToString("n")[..8];
        var pod = Manifests.Pod(name, image, node, "counter");
        pod["spec"]!["automountServiceAccountToken"] = false;
        adjust?.Invoke(pod);
        await sandbox.Admin.PostAsync("/api/v1/namespaces/default/pods", pod);
        return name;
    }

    private async Task RestoresAsync(string image, string node, Action<JsonObject>? adjust = null)
    {
        var name = await CreateAsync(image, node, adjust);
        await Eventually.TrueAsync(() => Manifests.IsReady(_cluster, name), "restored");
    }

    private async Task<(string Reason, string Message)> FailsAsync(string image, string node)
    {
        var name = await CreateAsync(image, node, null);
        await Eventually.TrueAsync(() => Manifests.Waiting(_cluster, name) is { Reason.Length: > 0, Reason: not "ContainerCreating" }, $"{name} fails");
        return Manifests.Waiting(_cluster, name);
    }
}
