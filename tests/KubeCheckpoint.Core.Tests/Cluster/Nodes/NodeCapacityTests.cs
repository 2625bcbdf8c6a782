using System.Text.Json;
using KubeCheckpoint.Cluster.Nodes;

namespace KubeCheckpoint.Core.Tests.Cluster.Nodes;

/// <summary>What is left of a node for another pod.</summary>
public sealed class NodeCapacityTests
{
    [Fact]
    public void What_other_pods_request_is_no_longer_free()
    {
        var capacity = new NodeCapacity(Node("""{"cpu": "2", "memory": "8Gi", "pods": "110"}"""));
        capacity.Take(new Dictionary<string, decimal> { ["cpu"] = 1.5m, ["memory"] = 4m * (1L << 30), ["pods"] = 1 });

        Assert.Equal(0.5m, capacity.FreeMemory);
        Assert.Empty(capacity.ShortagesFor(new Dictionary<string, decimal> { ["cpu"] = 0.5m, ["pods"] = 1 }));
        Assert.Equal(
            [new ResourceShortage("cpu", 0.6m, 0.5m), new ResourceShortage("example.com/gpu", 1, 0)],
            capacity.ShortagesFor(new Dictionary<string, decimal> { ["cpu"] = 0.6m, ["memory"] = 1, ["example.com/gpu"] = 1 }));
    }

    [Fact]
    public void A_node_with_too_many_pods_has_nothing_left()
    {
        var capacity = new NodeCapacity(Node("""{"pods": "1"}"""));
        capacity.Take(new Dictionary<string, decimal> { ["pods"] = 3 });

        Assert.Equal([new ResourceShortage("pods", 1, 0)], capacity.ShortagesFor(new Dictionary<string, decimal> { ["pods"] = 1 }));
    }

    [Fact]
    public void A_node_that_lists_no_resources_may_have_room()
    {
        var capacity = new NodeCapacity(Node("null"));

        Assert.Equal(0, capacity.FreeMemory);
        Assert.Empty(capacity.ShortagesFor(new Dictionary<string, decimal> { ["cpu"] = 64 }));
    }

    private static ClusterNode Node(string allocatable)
    {
        using var json = JsonDocument.Parse($$"""{"metadata": {"name": "node1"}, "status": {"allocatable": {{allocatable}} } }""");
        return NodeReader.Read(json.RootElement);
    }
}
