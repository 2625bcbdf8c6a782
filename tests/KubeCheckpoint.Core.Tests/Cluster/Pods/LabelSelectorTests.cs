using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Core.Tests.Cluster.Pods;

public sealed class LabelSelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["app"] = "web", ["tier"] = "front", ["example.com/zone"] = "a" };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web,tier=front", true)]
    [InlineData("app = web , tier != back", true)]
    [InlineData("app!=web", false)]
    [InlineData("absent!=x", true)]
    [InlineData("app in (web, api)", true)]
    [InlineData("app in (api),tier=front", false)]
    [InlineData("app notin (api,db)", true)]
    [InlineData("absent notin (x)", true)]
    [InlineData("example.com/zone", true)]
    [InlineData("!app", false)]
    [InlineData("!canary,app", true)]
    [InlineData("app=", false)]
    public void Labels_match_as_the_api_server_would_match_them(string selector, bool matches) =>
        Assert.Equal(matches, LabelSelector.Parse(selector).IsMatch(Labels));

    [Theory]
    [InlineData("=web")]
    [InlineData("app=web,")]
    [InlineData("app in web")]
    [InlineData("app in (a")]
    [InlineData("a b")]
    public void An_invalid_label_selector_is_refused(string selector) =>
        Assert.Equal("InvalidSelector", Assert.Throws<KubeCheckpointException>(() => LabelSelector.Parse(selector)).ErrorId);
}
