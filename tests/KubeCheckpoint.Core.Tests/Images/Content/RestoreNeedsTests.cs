using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images.Content;

namespace KubeCheckpoint.Core.Tests.Images.Content;

public sealed class RestoreNeedsTests
{
    private const string TokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

    [Fact]
    public async Task Archives_record_their_base_image_with_its_digest()
    {
        var criO = (await ReadAsync("crio-counter.tar")).Needs!;
        var containerd = (await ReadAsync("containerd-counter.tar")).Needs!;

        Assert.All([criO, containerd], needs => Assert.Equal("127.0.0.1:5000/counter:1", needs.BaseImage));
        Assert.All([criO, containerd], needs => Assert.Equal(
            "127.0.0.1:5000/counter@sha256:28f8ec0eefae275ee8cc1945f3f86ae6eef0b4e4d9669fb62b872328f5b6b58f", needs.BaseImageDigest));
    }

    [Fact]
    public async Task Only_what_a_runtime_does_not_provide_is_needed()
    {
        Assert.Equal(
            [new("/scratch", MountOrigin.EmptyDir, "scratch"), new("/dev/termination-log", MountOrigin.TerminationMessage)],
            (await ReadAsync("crio-multi-a.tar")).Needs!.Mounts);
        Assert.Equal(
            [new("/scratch", MountOrigin.EmptyDir, "scratch"), new("/dev/termination-log", MountOrigin.TerminationMessage)],
            (await ReadAsync("containerd-multi-a.tar")).Needs!.Mounts);
        Assert.Contains(new NeededMount(TokenPath, MountOrigin.Projected, "kube-api-access-qgcvm"), (await ReadAsync("crio-redis.tar")).Needs!.Mounts);
    }

    [Theory]
    [InlineData("/var/lib/kubelet/pods/6e8ea7ae-c5e8-4b1b-a116-3a28d7d1d4c9/volumes/kubernetes.io~configmap/cfg", MountOrigin.ConfigMap, "cfg")]
    [InlineData("/var/lib/kubelet/pods/6e8ea7ae-c5e8-4b1b-a116-3a28d7d1d4c9/volumes/kubernetes.io~secret/tls", MountOrigin.Secret, "tls")]
    [InlineData("/var/lib/kubelet/pods/6e8ea7ae-c5e8-4b1b-a116-3a28d7d1d4c9/volumes/kubernetes.io~downward-api/info", MountOrigin.DownwardApi, "info")]
    [InlineData("/var/lib/kubelet/pods/6e8ea7ae-c5e8-4b1b-a116-3a28d7d1d4c9/volumes/kubernetes.io~csi/pvc-1/mount", MountOrigin.Storage, null)]
    [InlineData("/var/lib/kubelet/pods/6e8ea7ae-c5e8-4b1b-a116-3a28d7d1d4c9/volume-subpaths/cfg/app/0", MountOrigin.SubPath, "cfg")]
    [InlineData("/data/pods/volumes/kubernetes.io~empty-dir/x", MountOrigin.Node, null)]
    [InlineData("/srv/data", MountOrigin.Node, null)]
    public async Task The_kubelets_folders_show_the_kind_of_volume(string source, MountOrigin expected, string? volume)
    {
        using var archive = WithMount("/extra", source);

        Assert.Contains(new NeededMount("/extra", expected, volume, expected == MountOrigin.Node ? source : null), (await CheckpointArchiveReader.ReadAsync(archive.Path, default)).Needs!.Mounts);
    }

    [Theory]
    [InlineData("/data", "/var/lib/containerd/io.containerd.grpc.v1.cri/containers/ab/volumes/cd", "bind")]
    [InlineData("/etc/passwd", "/var/lib/containers/storage/overlay-containers/ab/userdata/passwd", "bind")]
    [InlineData("/run/secrets", "/run/containers/storage/overlay-containers/ab/userdata/run/secrets", "bind")]
    [InlineData("/dev/init", "/usr/libexec/podman/catatonit", "bind")]
    [InlineData("/cache", "tmpfs", "tmpfs")]
    public async Task Mounts_that_a_runtime_creates_are_not_needed(string destination, string source, string type)
    {
        using var archive = WithMount(destination, source, type);

        Assert.DoesNotContain((await CheckpointArchiveReader.ReadAsync(archive.Path, default)).Needs!.Mounts, mount => mount.MountPath == destination);
    }

    [Fact]
    public async Task The_label_round_trips()
    {
        var needs = (await ReadAsync("crio-redis.tar")).Needs!;
        var read = RestoreNeedsLabel.Read(RestoreNeedsLabel.Write(needs))!;

        Assert.Equal((needs.BaseImage, needs.BaseImageDigest), (read.BaseImage, read.BaseImageDigest));
        Assert.Equal(needs.Mounts, read.Mounts);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"mounts\":null}")]
    [InlineData("{\"mounts\":[null]}")]
    [InlineData("{\"mounts\":[{\"mountPath\":\"x\",\"origin\":\"EmptyDir\"}]}")]
    [InlineData("{\"mounts\":[{\"mountPath\":\"/x\",\"origin\":\"NoSuch\"}]}")]
    public void A_label_of_another_format_is_ignored(string? label) => Assert.Null(RestoreNeedsLabel.Read(label));

    private static Task<CheckpointArchive> ReadAsync(string fixture) => CheckpointArchiveReader.ReadAsync(Fixture.PathOf(fixture), default);

    private static EditedArchive WithMount(string destination, string source, string type = "bind") => new("containerd-counter.tar", (name, content) =>
    {
        if (name != "spec.dump")
            return content;
        var spec = JsonNode.Parse(content)!;
        spec["mounts"]!.AsArray().Add((JsonNode)new JsonObject { ["destination"] = destination, ["type"] = type, ["source"] = source });
        return Encoding.UTF8.GetBytes(spec.ToJsonString());
    });
}
