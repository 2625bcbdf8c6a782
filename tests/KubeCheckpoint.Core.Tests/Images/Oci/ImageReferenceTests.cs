using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Core.Tests.Images.Oci;

public sealed class ImageReferenceTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("redis", "docker.io", "library/redis", null)]
    [InlineData("a/b:t", "docker.io", "a/b", "t")]
    [InlineData("docker.io/redis", "docker.io", "library/redis", null)]
    [InlineData("index.docker.io/a/b", "docker.io", "a/b", null)]
    [InlineData("localhost/a", "localhost", "a", null)]
    [InlineData("localhost:5000/a:1", "localhost:5000", "a", "1")]
    [InlineData("registry.local:5000/restore/web:app-1", "registry.local:5000", "restore/web", "app-1")]
    [InlineData("[::1]:5000/a", "[::1]:5000", "a", null)]
    [InlineData("[2001:db8::1]/a/b:c", "[2001:db8::1]", "a/b", "c")]
    [InlineData("r.io/a__b/c-d.e:T_1", "r.io", "a__b/c-d.e", "T_1")]
    [InlineData("REGISTRY/a", "REGISTRY", "a", null)]
    public void Names_are_read_as_docker_reads_them(string text, string registry, string repository, string? tag)
    {
        var image = ImageReference.Parse(text);
        Assert.Equal((registry, repository, tag), (image.Registry, image.Repository, image.Tag));
        Assert.Equal(image, ImageReference.Parse(image.ToString()));
    }

    [Fact]
    public void A_digest_is_kept()
    {
        var image = ImageReference.Parse($"r.io/a:1@sha256:{Hex}");
        Assert.Equal(("1", "sha256:" + Hex), (image.Tag, image.Digest?.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("r.io/")]
    [InlineData("r.io/A")]
    [InlineData("r.io/a:")]
    [InlineData("r.io/a:-x")]
    [InlineData("r.io/a b")]
    [InlineData("r.io/a//b")]
    [InlineData("r.io/a/../b")]
    [InlineData("r.io/-a")]
    [InlineData("r.io/a@sha256:12")]
    [InlineData("r.io/a@md5:0123")]
    [InlineData("r.io:99999/a")]
    [InlineData("r.io:/a")]
    [InlineData("[::g]/a")]
    [InlineData("https://r.io/a")]
    [InlineData("user@r.io/a")]
    [InlineData("r.io/a\n")]
    [InlineData("./checkpoint.tar")]
    [InlineData("r.io/a:1:2")]
    public void Invalid_names_are_refused(string text)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => ImageReference.Parse(text));
        Assert.Equal("ImageNameInvalid", failure.ErrorId);
    }

    [Fact]
    public void Length_and_tag_have_their_limits()
    {
        Assert.Equal(255, ImageReference.Parse("r.io/" + new string('a', 255)).Repository.Length);
        Assert.Throws<KubeCheckpointException>(() => ImageReference.Parse("r.io/" + new string('a', 256)));
        Assert.Throws<KubeCheckpointException>(() => ImageReference.Parse("r.io/a:" + new string('a', 129)));
    }
}
