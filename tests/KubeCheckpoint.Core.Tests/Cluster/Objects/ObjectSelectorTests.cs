using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Objects;

namespace KubeCheckpoint.Core.Tests.Cluster.Objects;

public sealed class ObjectSelectorTests
{
    [Theory]
    [InlineData("""{"matchLabels":{"app":"web"}}""", true)]
    [InlineData("""{"matchLabels":{"app":"web","tier":"back"}}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"app","operator":"In","values":["x","web"]}]}""", true)]
    [InlineData("""{"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"canary","operator":"DoesNotExist"},{"key":"app","operator":"Exists"}]}""", true)]
    [InlineData("""{"matchLabels":{}}""", false)]
    [InlineData("{}", false)]
    public void Selectors_match_as_controllers_do(string selector, bool isMatch)
    {
        var set = JsonNode.Parse($$"""{"kind":"ReplicaSet","spec":{"selector":{{selector}} } }""")!.AsObject();
        Assert.Equal(isMatch, ObjectSelector.Of(set).IsMatch(new Dictionary<string, string> { ["app"] = "web" }));
    }

    [Fact]
    public void A_replication_controllers_selector_is_plain_labels()
    {
        var controller = JsonNode.Parse("""{"kind":"ReplicationController","spec":{"selector":{"app":"web"} } }""")!.AsObject();
        Assert.True(ObjectSelector.Of(controller).IsMatch(new Dictionary<string, string> { ["app"] = "web" }));
        Assert.Equal(["app"], ObjectSelector.Of(controller).Keys);
    }
}
