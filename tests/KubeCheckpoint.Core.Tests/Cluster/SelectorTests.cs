using System.Text.Json;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Core.Tests.Cluster;

public sealed class SelectorTests
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
    public void A_label_selector_that_is_none_is_refused(string selector) =>
        Assert.Equal("InvalidSelector", Assert.Throws<KubeCheckpointException>(() => LabelSelector.Parse(selector)).ErrorId);

    [Theory]
    [InlineData("status.phase=Running", true)]
    [InlineData("status.phase!=Running", false)]
    [InlineData("metadata.name==web,spec.nodeName=n1", true)]
    [InlineData("spec.hostNetwork=false", true)]
    [InlineData("status.podIP=", true)]
    public void Fields_match_as_the_api_server_would_match_them(string selector, bool matches)
    {
        using var pod = JsonDocument.Parse("""{"metadata":{"name":"web"},"spec":{"nodeName":"n1"},"status":{"phase":"Running"}}""");
        Assert.Equal(matches, FieldSelector.Parse(selector).IsMatch(pod.RootElement));
    }

    [Theory]
    [InlineData("spec.replicas=1")]
    [InlineData("nonsense")]
    public void A_field_that_pods_cannot_be_selected_by_is_refused(string selector) =>
        Assert.Equal("InvalidSelector", Assert.Throws<KubeCheckpointException>(() => FieldSelector.Parse(selector)).ErrorId);

    [Theory]
    [InlineData("web-1", true)]
    [InlineData("../../secrets", false)]
    [InlineData("web?x=1", false)]
    [InlineData("Web", false)]
    [InlineData("-web", false)]
    [InlineData("", false)]
    [InlineData("web\n", false)]
    public void Names_that_could_leave_the_path_are_refused(string name, bool valid)
    {
        Assert.Equal(valid, ResourceName.IsLabel(name));
        if (!valid)
            Assert.Equal("InvalidName", Assert.Throws<KubeCheckpointException>(() => ResourceName.Pod(name)).ErrorId);
    }
}
