using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>Adds a ReplicaSet with ready pods to a sandbox.</summary>
internal static class ReplicaSets
{
    /// <summary>Its name.</summary>
    public const string Name = "web-5d4f";

    /// <summary>Adds it to the namespace shop, waits for its pods, and returns their names.</summary>
    /// <param name="cluster">The sandbox.</param>
    /// <param name="replicas">The number of pods.</param>
    /// <param name="deployment">The Deployment it belongs to, or null.</param>
    public static IReadOnlyList<string> Add(SandboxCluster cluster, int replicas, string? deployment = null)
    {
        var metadata = new JsonObject { ["name"] = Name, ["namespace"] = "shop" };
        if (deployment is not null)
        {
            var owner = cluster.AddObject("deployments", new JsonObject { ["metadata"] = new JsonObject { ["name"] = deployment, ["namespace"] = "shop" } });
            metadata["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "Deployment",
                ["name"] = deployment,
                ["uid"] = owner["metadata"]!["uid"]!.DeepClone(),
                ["controller"] = true,
            });
        }

        cluster.AddObject("replicasets", new JsonObject
        {
            ["metadata"] = metadata,
            ["spec"] = JsonNode.Parse($$"""
                {
                  "replicas": {{replicas}},
                  "selector": {"matchLabels": {"app": "web", "pod-template-hash": "5d4f"} },
                  "template": {
                    "metadata": {"labels": {"app": "web", "pod-template-hash": "5d4f", "team": "a"} },
                    "spec": {
                      "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 1,
                      "containers": [{"name": "app", "image": "127.0.0.1:5000/counter:1", "env": [{"name": "PORT", "value": "8088"}] }]
                    }
                  }
                }
                """),
        });
        IEnumerable<JsonObject> Ready() => cluster.Pods.Where(pod => IsOwn(pod) && IsReady(pod));
        Assert.True(SpinWait.SpinUntil(() => Ready().Count() == replicas, TimeSpan.FromSeconds(20)), "The replicas are not ready.");
        return [.. Ready().Select(pod => pod["metadata"]!["name"]!.ToString())];
    }

    private static bool IsOwn(JsonObject pod) => pod["metadata"]!["ownerReferences"] is JsonArray { Count: > 0 } owners && (string?)owners[0]!["name"] == Name;

    /// <summary>Whether a pod is ready.</summary>
    public static bool IsReady(JsonObject pod) =>
        pod["status"]?["conditions"] is JsonArray conditions && conditions.Any(condition => (string?)condition!["type"] == "Ready" && (string?)condition["status"] == "True");
}
