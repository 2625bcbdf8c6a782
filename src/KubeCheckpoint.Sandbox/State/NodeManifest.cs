using System.Text.Json.Nodes;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>The node objects of the sandbox.</summary>
internal static class NodeManifest
{
    /// <summary>The images that every node has before anything is pulled, with their IDs.</summary>
    public static readonly IReadOnlyDictionary<string, string> PresentImages = new Dictionary<string, string>
    {
        [SandboxContainer.CounterImage] = "87f6b810417b40ca6f1fbcc1bd098b9fbe16aeadb5a49b755fe41705b1a6fff6",
        ["docker.io/library/busybox:1.36"] = "65ad0d468eb1c558bf7f4e64e790f586e9eda649ee9f130cd0e835b292bbc5ac",
    };

    public static JsonObject Create(SandboxNode node, int kubeletPort)
    {
        string images = string.Join(", ", PresentImages.Keys.Select(image => $$"""{"names": ["{{image}}"], "sizeBytes": 4270100}"""));
        string now = JsonText.Time(DateTimeOffset.UtcNow);
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
                  {"type": "MemoryPressure", "status": "{{Holds(node, "MemoryPressure")}}", "lastHeartbeatTime": "{{now}}", "lastTransitionTime": "{{now}}", "reason": "KubeletHasSufficientMemory", "message": "kubelet has sufficient memory available"},
                  {"type": "DiskPressure", "status": "{{Holds(node, "DiskPressure")}}", "lastHeartbeatTime": "{{now}}", "lastTransitionTime": "{{now}}", "reason": "KubeletHasNoDiskPressure", "message": "kubelet has no disk pressure"},
                  {"type": "PIDPressure", "status": "{{Holds(node, "PIDPressure")}}", "lastHeartbeatTime": "{{now}}", "lastTransitionTime": "{{now}}", "reason": "KubeletHasSufficientPID", "message": "kubelet has sufficient PID available"},
                  {"type": "Ready", "status": "{{(node.Ready ? "True" : "False")}}", "lastHeartbeatTime": "{{now}}", "lastTransitionTime": "{{now}}", "reason": "KubeletReady", "message": "kubelet is posting ready status"}
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
                "images": [{{images}}]
              }
            }
            """)!.AsObject();
    }

    private static string Holds(SandboxNode node, string pressure) => node.Pressures.Contains(pressure) ? "True" : "False";
}
