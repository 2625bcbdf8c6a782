using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Core.Tests.Cluster.Pods;

/// <summary>What a pod requests of a node. The expected amounts are those of the scheduler's rules, worked out by hand.</summary>
public sealed class PodDemandTests
{
    [Fact]
    public void Containers_and_sidecars_add_up_and_other_init_containers_do_not()
    {
        var demand = Of(
            """
            "containers": [ {"name": "a", "resources": {"requests": {"cpu": "250m", "memory": "64Mi"}}}, {"name": "b", "resources": {"requests": {"cpu": 1}}} ],
            "initContainers": [
              {"name": "first", "resources": {"requests": {"memory": "32Mi"}}},
              {"name": "proxy", "restartPolicy": "Always", "resources": {"requests": {"cpu": "100m", "memory": "16Mi"}}}
            ]
            """);

        Assert.Equal((1.35m, 80m * 1024 * 1024, 1m), (demand["cpu"], demand["memory"], demand["pods"]));
    }

    [Fact]
    public void An_init_container_counts_with_the_sidecars_before_it_where_that_is_more()
    {
        var demand = Of(
            """
            "containers": [ {"name": "a", "resources": {"requests": {"memory": "64Mi"}}} ],
            "initContainers": [
              {"name": "proxy", "restartPolicy": "Always", "resources": {"requests": {"memory": "16Mi"}}},
              {"name": "migrate", "resources": {"requests": {"memory": "100Mi"}}}
            ]
            """);

        Assert.Equal(116m * 1024 * 1024, demand["memory"]);
    }

    [Fact]
    public void Requests_of_the_pod_and_its_overhead_count()
    {
        var demand = Of(
            """
            "containers": [ {"name": "a", "resources": {"requests": {"cpu": "100m"}}} ],
            "resources": {"requests": {"cpu": "500m"}}, "overhead": {"cpu": "50m", "memory": "120Mi"}
            """);

        Assert.Equal((0.55m, 120m * 1024 * 1024), (demand["cpu"], demand["memory"]));
    }

    [Theory]
    [InlineData("\"lots\"")]
    [InlineData("\"1e999\"")]
    [InlineData("null")]
    [InlineData("{}")]
    public void What_is_no_quantity_counts_as_nothing(string quantity) =>
        Assert.False(Of($$"""
            "containers": [ {"name": "a", "resources": {"requests": {"cpu": {{quantity}} } } } ]
            """).ContainsKey("cpu"));

    private static Dictionary<string, decimal> Of(string spec) =>
        PodDemand.Of(PodDocument.Parse(new($$"""{"metadata": {"name": "web"}, "spec": { {{spec}} } }""")));
}
