using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Restore;

namespace KubeCheckpoint.Core.Tests.Cluster.Restore;

public sealed class NodeRestrictionTests
{
    [Fact]
    public void Pinning_keeps_the_existing_affinity()
    {
        var spec = JsonNode.Parse(
            """
            {"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
              {"matchExpressions":[{"key":"disk","operator":"In","values":["ssd"]}]},{"matchExpressions":[{"key":"gpu","operator":"Exists"}]}]}}}}
            """)!.AsObject();
        NodeRestriction.Pin(spec, "node2");

        var terms = spec["affinity"]!["nodeAffinity"]!["requiredDuringSchedulingIgnoredDuringExecution"]!["nodeSelectorTerms"]!.AsArray();
        Assert.Equal(2, terms.Count);
        Assert.All(terms, term => Assert.Equal("""[{"key":"metadata.name","operator":"In","values":["node2"]}]""", term!["matchFields"]!.ToJsonString()));
        Assert.All(terms, term => Assert.NotNull(term!["matchExpressions"]));
    }
}
