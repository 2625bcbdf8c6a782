using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Conversion;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Content;

public sealed class RestoreImageContentTests
{
    private static readonly RuntimeConversion Plain = new(null, "127.0.0.1:5000/counter:1", null, null, null);

    [Fact]
    public async Task Each_runtime_gets_the_families_it_reads()
    {
        var criO = RestoreImageAnnotations.Of(await Images.ReadAsync("crio-counter.tar"), CheckpointEngine.CriO, Plain, "amd64");
        var containerd = RestoreImageAnnotations.Of(await Images.ReadAsync("containerd-counter.tar"), CheckpointEngine.Containerd, Plain, "amd64");
        var podman = RestoreImageAnnotations.Of(await Images.ReadAsync("podman-counter-zstd.tar.zst"), CheckpointEngine.Podman, Plain with { OciRuntime = "runc" }, "amd64");

        Assert.Equal("counter", criO["org.criu.checkpoint.container.name"]);
        Assert.Equal("counter", criO["io.kubernetes.cri-o.annotations.checkpoint.name"]);
        Assert.Equal("127.0.0.1:5000/counter:1", criO["io.kubernetes.cri-o.annotations.checkpoint.rootfsImageName"]);
        Assert.Equal("default", containerd["org.criu.checkpoint.pod.namespace"]);
        Assert.DoesNotContain(containerd.Keys, key => !key.StartsWith("org.criu.", StringComparison.Ordinal));
        Assert.Equal("runc", podman["io.podman.annotations.checkpoint.runtime.name"]);
        Assert.DoesNotContain(podman.Keys, key => key.Contains("cri-o", StringComparison.Ordinal) || key.Contains("pod.name", StringComparison.Ordinal));
        Assert.DoesNotContain(criO.Concat(containerd).Concat(podman), pair => pair.Value.Length == 0);
    }

    [Theory]
    [InlineData("{\"uid\":100,\"gid\":102,\"additionalGids\":[102,101]}", "100:102")]
    [InlineData("{\"uid\":100}", "100:0")]
    [InlineData("{\"uid\":0,\"gid\":0}", null)]
    [InlineData("null", null)]
    public async Task Commands_in_a_restored_container_have_the_user_of_the_checkpointed_one(string user, string? expected)
    {
        using var edited = new EditedArchive("crio-counter.tar", (name, content) => name == "spec.dump" ? WithUser(content, user) : content);
        using var folder = new TemporaryFolder();
        var layout = Path.Combine(folder.Path, "layout");

        var image = await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest
            {
                Archive = await CheckpointArchiveReader.ReadAsync(edited.Path, CancellationToken.None),
                Destination = layout,
                Registry = new RegistryOptions(),
            },
            null,
            CancellationToken.None);

        var manifest = Document(layout, image.Digest);
        Assert.Equal(expected, Document(layout, (string)manifest["config"]!["digest"]!)["config"]!["User"]?.GetValue<string>());
    }

    [Theory]
    [InlineData("{\"uid\":\"root\"}")]
    [InlineData("{\"uid\":-1}")]
    [InlineData("{\"uid\":1,\"gid\":4294967296}")]
    [InlineData("5")]
    public async Task Users_that_are_not_numbers_make_an_archive_invalid(string user)
    {
        using var edited = new EditedArchive("crio-counter.tar", (name, content) => name == "spec.dump" ? WithUser(content, user) : content);

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => CheckpointArchiveReader.ReadAsync(edited.Path, CancellationToken.None));

        Assert.Equal("ArchiveMemberInvalid", failure.ErrorId);
    }

    [Fact]
    public async Task Tags_are_legal_whatever_the_names()
    {
        var archive = await Images.ReadAsync("crio-counter.tar");
        var longOne = RestoreImageTag.Of(archive with { PodName = new string('a', 200) + "1" }, archive.Engine!.Value);
        var otherLongOne = RestoreImageTag.Of(archive with { PodName = new string('a', 200) + "2" }, archive.Engine!.Value);
        var forAnother = RestoreImageTag.Of(archive with { PodName = new string('a', 200) + "1" }, CheckpointEngine.Containerd);

        Assert.Equal("counter-counter-20261123t065040z", RestoreImageTag.Of(archive, archive.Engine!.Value));
        Assert.Equal("counter-counter-20261123t065040z-podman", RestoreImageTag.Of(archive, CheckpointEngine.Podman));
        Assert.Equal("c", RestoreImageTag.Of(archive with { PodName = null, ContainerName = "-.c", CheckpointedAt = null }, archive.Engine!.Value));
        Assert.NotEqual(longOne, otherLongOne);
        Assert.All([longOne, otherLongOne, forAnother, RestoreImageTag.Of(archive with { PodName = "ä", ContainerName = "\u001b" }, archive.Engine!.Value)], tag => Assert.Equal(tag, ImageReference.Parse("r.io/a:" + tag).Tag));
        Assert.EndsWith("20261123t065040z", longOne, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"kind":"Deployment"}""")]
    [InlineData("""{"kind":5}""")]
    [InlineData("""{"kind":"Pod","kind":"Pod"}""")]
    public void Other_objects_than_pods_are_refused(string manifest)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => PodManifestLabel.Trim(new(manifest), "a.tar"));
        Assert.Equal("PodManifestInvalid", failure.ErrorId);
    }

    [Theory]
    [InlineData(null, null, null, "ImageTargetInvalid")]
    [InlineData("r.io/a:1", "r.io/a", null, "ImageTargetInvalid")]
    [InlineData(null, "r.io/a:1", null, "ImageNameInvalid")]
    [InlineData("r.io/A", null, null, "ImageNameInvalid")]
    [InlineData("r.io/a@sha256:0123456789012345678901234567890123456789012345678901234567890123", null, null, "ImageNameInvalid")]
    public async Task Targets_that_mean_nothing_are_refused(string? reference, string? repository, string? destination, string errorId)
    {
        var request = new RestoreImageRequest
        {
            Archive = await Images.ReadAsync("crio-counter.tar"),
            Reference = reference,
            Repository = repository,
            Destination = destination,
            Registry = new RegistryOptions(),
        };
        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => RestoreImageFactory.CreateAsync(request, null, CancellationToken.None));
        Assert.Equal(errorId, failure.ErrorId);
    }

    private static byte[] WithUser(byte[] content, string user)
    {
        var spec = JsonNode.Parse(content)!;
        spec["process"]!["user"] = JsonNode.Parse(user);
        return Encoding.UTF8.GetBytes(spec.ToJsonString());
    }

    private static JsonNode Document(string layout, string digest) =>
        JsonNode.Parse(File.ReadAllBytes(Path.Combine(layout, "blobs", "sha256", digest["sha256:".Length..])))!;
}
