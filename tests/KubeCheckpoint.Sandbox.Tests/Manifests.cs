using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>Pods as a client would post them.</summary>
internal static class Manifests
{
    public static JsonObject Pod(string name, string image = "docker.io/library/busybox:1.36", string node = "node2", string container = "main") => JsonNode.Parse($$"""
        {
          "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "{{name}}"},
          "spec": {"nodeName": "{{node}}", "terminationGracePeriodSeconds": 1, "containers": [{"name": "{{container}}", "image": "{{image}}"}]}
        }
        """)!.AsObject();

    public static JsonObject Helper(string name, string node = "node1", bool readOnly = true)
    {
        var pod = Pod(name, node: node);
        pod["spec"]!["volumes"] = JsonNode.Parse("""[{"name": "checkpoints", "hostPath": {"path": "/var/lib/kubelet/checkpoints", "type": "Directory"}}]""");
        pod["spec"]!["containers"]![0]!["volumeMounts"] =
            JsonNode.Parse($$"""[{"name": "checkpoints", "mountPath": "/checkpoints", "readOnly": {{(readOnly ? "true" : "false")}}}]""");
        return pod;
    }

    public static string Phase(SandboxCluster cluster, string name) => Status(cluster, name)?["phase"]?.GetValue<string>() ?? "";

    public static JsonNode? Status(SandboxCluster cluster, string name) => cluster.Pods.FirstOrDefault(pod => pod["metadata"]!["name"]!.GetValue<string>() == name)?["status"];

    /// <summary>The waiting reason and message of a pod's first container.</summary>
    public static (string Reason, string Message) Waiting(SandboxCluster cluster, string name)
    {
        var waiting = Status(cluster, name)?["containerStatuses"]?[0]?["state"]?["waiting"];
        return (waiting?["reason"]?.GetValue<string>() ?? "", waiting?["message"]?.GetValue<string>() ?? "");
    }

    public static bool IsReady(SandboxCluster cluster, string name) =>
        Status(cluster, name)?["conditions"]?.AsArray().Any(condition => condition!["type"]!.GetValue<string>() == "Ready" && condition["status"]!.GetValue<string>() == "True") ?? false;
}
