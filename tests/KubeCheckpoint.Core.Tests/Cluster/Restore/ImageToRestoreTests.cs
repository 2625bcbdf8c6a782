using KubeCheckpoint.Cluster.Restore;

namespace KubeCheckpoint.Core.Tests.Cluster.Restore;

public sealed class ImageToRestoreTests
{
    [Fact]
    public void The_base_image_is_pulled_by_digest_if_known_otherwise_by_its_name()
    {
        var needs = new RestoreNeeds { BaseImage = "r.io/web:1", BaseImageDigest = "r.io/web@sha256:1" };

        Assert.Equal("r.io/web@sha256:1", BaseImageOf(Image() with { Needs = needs, BaseImage = "r.io/web:2" }));
        Assert.Equal("r.io/web:1", BaseImageOf(Image() with { Needs = needs with { BaseImageDigest = null }, BaseImage = "r.io/web:2" }));
        Assert.Equal("r.io/web:2", BaseImageOf(Image() with { BaseImage = "r.io/web:2" }));
        Assert.Null(BaseImageOf(Image()));
    }

    [Fact]
    public void An_image_that_cannot_be_read_is_used_by_its_reference()
    {
        var image = Assert.Single(ImageToRestore.Of(new() { Unread = [new("r.io/restore:1", "app", "shop", "web")] }, CheckpointEngine.CriO));

        Assert.Equal(("app", "r.io/restore:1", "shop", "web"), (image.ContainerName, image.Image, image.Namespace, image.PodName));
        Assert.Null(image.Needs);
        Assert.Null(image.BaseImage);
    }

    [Fact]
    public void Nothing_to_restore_is_refused() =>
        Assert.Equal("NoRestoreImage", Assert.Throws<KubeCheckpointException>(() => ImageToRestore.Of(new(), null)).ErrorId);

    [Theory]
    [InlineData(AnnotationSource.Index, "containerd those of the index only if the reference leads to it")]
    [InlineData(AnnotationSource.Descriptor, "Every runtime reads those of the manifest")]
    public void An_image_that_no_runtime_recognizes_is_refused_with_the_reason(AnnotationSource source, string reason)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => ImageToRestore.Of(new() { Images = [Image() with { AnnotationSource = source }] }, null));

        Assert.Equal("RestoreImageNotRecognized", failure.ErrorId);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Contains("Publish-RestoreImage", failure.RecommendedAction, StringComparison.Ordinal);
    }

    private static string? BaseImageOf(RestoreImage image) => Assert.Single(ImageToRestore.Of(new() { Images = [image] }, null)).BaseImage;

    private static RestoreImage Image() => new()
    {
        Reference = "r.io/restore:1",
        Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        LayerDigest = "sha256:1",
        Size = 1,
        Annotations = new Dictionary<string, string>(),
        Destination = "r.io",
        IsPushed = true,
        Engine = CheckpointEngine.CriO,
        TargetRuntime = CheckpointEngine.CriO,
        ContainerName = "app",
    };
}
