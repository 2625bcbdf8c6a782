using System.Text;
using KubeCheckpoint.Core.Tests.Images.Registry;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images;

public sealed class RestoreImagePublisherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeRegistry _registry = new();

    public void Dispose()
    {
        _folder.Dispose();
        _registry.Dispose();
    }

    [RequiresToolsTheory(Tools.Registry, Tools.Skopeo)]
    [InlineData("layout", "crio-counter.tar", ArchiveCompression.None)]
    [InlineData("image.tar", "crio-counter.tar", ArchiveCompression.Zstd)]
    [InlineData("image.tar", "podman-counter-zstd.tar.zst", ArchiveCompression.None)]
    [InlineData("layout", "containerd-counter.tar", ArchiveCompression.Gzip)]
    public async Task A_written_image_arrives_byte_for_byte(string destination, string name, ArchiveCompression compression)
    {
        using var registry = new RealRegistry();
        var written = await WriteAsync(name, destination, "r.io/x/web:one", compression);

        var published = await RestoreImagePublisher.PublishAsync(written, Into($"{registry.Host}/restore", registry.Options(small: true)), null, CancellationToken.None);

        Assert.Equal(($"{registry.Host}/restore:one", registry.Host, true, written.Digest), (published.Reference, published.Destination, published.IsPushed, published.Digest));
        var raw = Tools.RunSkopeo("inspect", "--raw", "--tls-verify=false", $"docker://{published.Reference}");
        Assert.Equal(written.Digest, Images.Sha256(Encoding.UTF8.GetBytes(raw)));
        Tools.RunSkopeo("copy", "--preserve-digests", "--src-tls-verify=false", $"docker://{published.Reference}", $"dir:{At("copy")}");
        var again = await RestoreImagePublisher.PublishAsync(written, Into($"{registry.Host}/restore", registry.Options(small: true)), null, CancellationToken.None);
        Assert.Equal(published, again);
    }

    [RequiresToolsFact(Tools.Registry, Tools.Skopeo)]
    public async Task Copies_between_registries_need_no_file()
    {
        using var from = new RealRegistry();
        using var to = new RealRegistry();
        var pushed = await Images.PushAsync("crio-redis.tar", $"{from.Host}/a:1", from.Options());

        var published = await RestoreImagePublisher.PublishAsync(pushed, Into($"{to.Host}/b/c", to.Options(small: true)), null, CancellationToken.None);

        Assert.Equal($"{to.Host}/b/c:1", published.Reference);
        Tools.RunSkopeo("copy", "--preserve-digests", "--src-tls-verify=false", $"docker://{published.Reference}", $"dir:{At("copy")}");
        Assert.Equal(await File.ReadAllBytesAsync(Fixture.PathOf("crio-redis.tar")), await File.ReadAllBytesAsync(Path.Combine(At("copy"), pushed.LayerDigest![7..])));
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task Within_one_registry_nothing_is_sent()
    {
        using var registry = new RealRegistry();
        var pushed = await Images.PushAsync("crio-counter.tar", $"{registry.Host}/a:1", registry.Options());
        var sent = 0;

        await RestoreImagePublisher.PublishAsync(
            pushed, Into($"{registry.Host}/elsewhere", registry.Options()), new ImmediateProgress(_ => sent++), CancellationToken.None);

        Assert.Equal(0, sent);
        Assert.Equal(["1"], await RestoreImageCatalog.ListTagsAsync($"{registry.Host}/elsewhere", registry.Options(), CancellationToken.None));
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task A_damaged_blob_of_a_registry_is_not_passed_on()
    {
        using var from = new RealRegistry();
        using var to = new RealRegistry();
        var pushed = await Images.PushAsync("crio-counter.tar", $"{from.Host}/a:1", from.Options());
        from.Damage(pushed.LayerDigest!);

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => RestoreImagePublisher.PublishAsync(pushed, Into($"{to.Host}/a", to.Options(small: true)), null, CancellationToken.None));

        Assert.Equal("DigestMismatch", failure.ErrorId);
        Assert.Empty(to.UploadsOf("a"));
    }

    [Theory]
    [InlineData("layout")]
    [InlineData("image.tar")]
    public async Task A_damaged_layer_is_never_committed_in_the_registry(string destination)
    {
        var written = await WriteAsync("crio-counter.tar", destination, "web");
        Damage(written);

        var failure = await FailAsync(written);

        Assert.Equal("DigestMismatch", failure.ErrorId);
        Assert.Equal(0, _registry.Count("PUT", "/uploads/"));
        Assert.Empty(_registry.Uploads);
        Assert.Empty(_registry.Manifests);
    }

    [Fact]
    public async Task A_missing_layer_and_one_of_another_size_are_named()
    {
        var written = await WriteAsync("crio-counter.tar", "layout", "web");
        var blob = Path.Combine(At("layout"), "blobs", "sha256", written.LayerDigest![7..]);
        await File.AppendAllTextAsync(blob, "more");
        Assert.Equal("DigestMismatch", (await FailAsync(written)).ErrorId);
        File.Delete(blob);
        Assert.Equal("ImageBlobMissing", (await FailAsync(written)).ErrorId);
    }

    [Theory]
    [InlineData("r.io/x/web:one", "to.io/a", null, "to.io/a:one")]
    [InlineData("one", "to.io/a", null, "to.io/a:one")]
    [InlineData("no tag", "to.io/a", null, "to.io/a:counter-counter-20261123t065040z")]
    [InlineData("r.io/x/web@sha256:0123456789012345678901234567890123456789012345678901234567890123", "to.io/a", null, "to.io/a:counter-counter-20261123t065040z")]
    [InlineData("one", null, "to.io/a", "to.io/a:latest")]
    [InlineData("one", null, "to.io/a:two", "to.io/a:two")]
    [InlineData("r.io/x/web:one", null, null, "r.io/x/web:one")]
    public async Task The_target_is_as_documented(string name, string? repository, string? reference, string expected)
    {
        var image = await WriteAsync("crio-counter.tar", "layout", "web") with { Reference = name };

        Assert.Equal(expected, RestoreImagePublisher.TargetOf(image, new RestoreImagePublication { Repository = repository, Reference = reference, Registry = new RegistryOptions() }));
    }

    [Theory]
    [InlineData("one", null, null, "ImageTargetInvalid")]
    [InlineData("library/one:1", null, null, "ImageTargetInvalid")]
    [InlineData("one", "a.io/b", "a.io/b:1", "ImageTargetInvalid")]
    [InlineData("one", "a.io/b:1", null, "ImageNameInvalid")]
    [InlineData("one", null, "a.io/b@sha256:0123456789012345678901234567890123456789012345678901234567890123", "ImageNameInvalid")]
    public async Task Targets_that_mean_nothing_are_refused(string name, string? repository, string? reference, string errorId)
    {
        var image = await WriteAsync("crio-counter.tar", "layout", "web") with { Reference = name };
        var publication = new RestoreImagePublication { Repository = repository, Reference = reference, Registry = new RegistryOptions() };

        Assert.Equal(errorId, Assert.Throws<KubeCheckpointException>(() => RestoreImagePublisher.TargetOf(image, publication)).ErrorId);
    }

    private static RestoreImagePublication Into(string repository, RegistryOptions options) => new() { Repository = repository, Registry = options };

    private Task<KubeCheckpointException> FailAsync(RestoreImage image)
    {
        var options = new RegistryOptions { Sizes = new UploadSizes { Chunk = 60_000, HashFirst = 20_000 }, Timings = new RegistryTimings { Attempts = 2, FirstDelay = TimeSpan.FromMilliseconds(5) } };
        return Assert.ThrowsAsync<KubeCheckpointException>(() => RestoreImagePublisher.PublishAsync(image, Into($"{_registry.Host}/a", options), null, CancellationToken.None));
    }

    private async Task<RestoreImage> WriteAsync(string name, string destination, string reference, ArchiveCompression compression = ArchiveCompression.None) =>
        await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = await Images.ReadAsync(name), Destination = At(destination), Reference = reference.Contains('/') ? reference : $"r.io/{reference}", Compression = compression, Registry = new RegistryOptions() },
            null, CancellationToken.None);

    private static void Damage(RestoreImage image)
    {
        var path = Directory.Exists(image.Destination) ? Path.Combine(image.Destination, "blobs", "sha256", image.LayerDigest![7..]) : image.Destination;
        using var file = File.OpenWrite(path);
        file.Position = file.Length / 2;
        file.Write("damage"u8);
    }

    private string At(string name) => Path.Combine(_folder.Path, name);
}
