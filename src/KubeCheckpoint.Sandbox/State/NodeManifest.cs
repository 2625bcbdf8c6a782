using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>Builds the sandbox's node objects.</summary>
internal static class NodeManifest
{
    /// <summary>Updates the images in a node's object to those in its store.</summary>
    public static void WriteImages(ClusterState state, NodeState node) =>
        state.Store.Update("nodes", "", node.Name, stored => stored["status"]!["images"] = Images(node.Images));

    public static JsonObject Create(SandboxNode node, int kubeletPort, NodeImages stored)
    {
        var now = JsonText.Time(DateTimeOffset.UtcNow);
        return JsonNode.Parse($$"""
            {
              "apiVersion": "v1",
              "kind": "Node",
              "metadata": {
                "name": "{{node.Name}}",
                "uid": "{{Guid.NewGuid()}}",
                "creationTimestamp": "{{now}}",
                "labels": {
                  "beta.kubernetes.io/arch": "{{node.Architecture}}",
                  "beta.kubernetes.io/os": "linux",
                  "kubernetes.io/arch": "{{node.Architecture}}",
                  "kubernetes.io/hostname": "{{node.Name}}",
                  "kubernetes.io/os": "linux"
                },
                "annotations": {"node.alpha.kubernetes.io/ttl": "0", "volumes.kubernetes.io/controller-managed-attach-detach": "true"}
              },
              "spec": { {{(node.Unschedulable ? "\"unschedulable\": true" : "")}} },
              "status": {
                "capacity": {"cpu": "2", "ephemeral-storage": "61255492Ki", "memory": "8129948Ki", "pods": "110"},
                "allocatable": {"cpu": "2", "ephemeral-storage": "56453061334", "memory": "8027548Ki", "pods": "110"},
                "conditions": [
                  {
                    "type": "MemoryPressure", "status": "{{Holds(node, "MemoryPressure")}}",
                    "lastHeartbeatTime": "{{now}}", "lastTransitionTime": "{{now}}",
                    "reason": "KubeletHasSufficientMemory", "message": "kubelet has sufficient memory available"
                  },
                  {
                    "type": "DiskPressure", "status": "{{Holds(node, "DiskPressure")}}",
                    "lastHeartbeatTime": "{{now}}", "lastTransitionTime": "{{now}}",
                    "reason": "KubeletHasNoDiskPressure", "message": "kubelet has no disk pressure"
                  },
                  {
                    "type": "PIDPressure", "status": "{{Holds(node, "PIDPressure")}}",
                    "lastHeartbeatTime": "{{now}}", "lastTransitionTime": "{{now}}",
                    "reason": "KubeletHasSufficientPID", "message": "kubelet has sufficient PID available"
                  },
                  {
                    "type": "Ready", "status": "{{(node.Ready ? "True" : "False")}}",
                    "lastHeartbeatTime": "{{now}}", "lastTransitionTime": "{{now}}",
                    "reason": "KubeletReady", "message": "kubelet is posting ready status"
                  }
                ],
                "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": "{{node.Name}}"}],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": {{kubeletPort}} } },
                "nodeInfo": {
                  "machineID": "{{Guid.NewGuid():n}}",
                  "systemUUID": "{{Guid.NewGuid()}}",
                  "bootID": "{{Guid.NewGuid()}}",
                  "kernelVersion": "{{node.KernelVersion}}",
                  "osImage": "KubeCheckpoint sandbox (an emulator)",
                  "containerRuntimeVersion": "{{node.ContainerRuntimeVersion}}",
                  "kubeletVersion": "{{node.KubeletVersion}}",
                  "kubeProxyVersion": "",
                  "operatingSystem": "{{node.OperatingSystem}}",
                  "architecture": "{{node.Architecture}}"
                },
                "images": {{Images(stored).ToJsonString()}}
              }
            }
            """)!.AsObject();
    }

    private static string Holds(SandboxNode node, string pressure) => node.Pressures.Contains(pressure) ? "True" : "False";

    private static JsonArray Images(NodeImages stored) => JsonText.Array(stored.Names.Where(names => names.Count > 0).Select(names => new JsonObject
    {
        ["names"] = new JsonArray([.. names.Select(name => (JsonNode)name)]),
        ["sizeBytes"] = 4270100,
    }));
}
