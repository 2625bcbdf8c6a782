namespace KubeCheckpoint.Core.Tests.Model;

public sealed class PodManifestTests
{
    [Theory]
    [InlineData("""{"metadata":{"name":"web-1","namespace":"shop"},"spec":{"containers":[{"env":[{"value":"secret"}]}]}}""", "Pod shop/web-1")]
    [InlineData("""{"metadata":{"name":"web-1"}}""", "Pod web-1")]
    [InlineData("""{"metadata":{"name":"web-1\u001b[2J"}}""", "Pod")]
    [InlineData("""{"metadata":{"name":"\ud800"}}""", "Pod")]
    [InlineData("""{"metadata":[]}""", "Pod")]
    [InlineData("[]", "Pod")]
    [InlineData("no JSON", "Pod")]
    public void It_shows_the_pods_name_only(string json, string text) => Assert.Equal(text, new PodManifest(json).ToString());
}
