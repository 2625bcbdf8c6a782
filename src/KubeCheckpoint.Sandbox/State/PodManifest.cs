using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>Turns a <see cref="SandboxPod"/> into the object that an API server would store.</summary>
internal static class PodManifest
{
    public static JsonObject Create(SandboxPod pod, SandboxNode? node, string podIp)
    {
        var spec = new JsonObject { ["containers"] = Containers(pod.Containers) };
        if (pod.InitContainers.Count > 0)
            spec["initContainers"] = Containers(pod.InitContainers);
        if (pod.EmptyDirs.Count > 0)
            spec["volumes"] = JsonText.Array(pod.EmptyDirs.Select(name => new JsonObject { ["name"] = name, ["emptyDir"] = new JsonObject() }));
        if (!pod.AutomountServiceAccountToken)
            spec["automountServiceAccountToken"] = false;
        if (pod.State == SandboxPodState.Succeeded)
            spec["restartPolicy"] = "Never";
        if (pod.NodeName.Length > 0)
            spec["nodeName"] = pod.NodeName;
        var json = new JsonObject { ["metadata"] = Metadata(pod), ["spec"] = spec };
        PodDefaults.Apply(json, pod.Namespace, "kube-controller-manager");
        json["status"] = node is null
            ? PodStatus.Unschedulable(json, "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.")
            : Status(pod, json, node, podIp);
        pod.Adjust?.Invoke(json);
        return json;
    }

    private static JsonObject Metadata(SandboxPod pod)
    {
        var labels = new JsonObject();
        foreach ((var key, var value) in pod.Labels)
            labels[key] = value;
        var metadata = new JsonObject { ["name"] = pod.Name, ["labels"] = labels };
        if (pod.StatefulSet.Length > 0)
        {
            labels["apps.kubernetes.io/pod-index"] = pod.Name[(pod.Name.LastIndexOf('-') + 1)..];
            labels["controller-revision-hash"] = $"{pod.StatefulSet}-7f8d9b6c5d";
            labels["statefulset.kubernetes.io/pod-name"] = pod.Name;
            metadata["generateName"] = pod.StatefulSet + "-";
            metadata["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "StatefulSet",
                ["name"] = pod.StatefulSet,
                ["uid"] = Guid.NewGuid().ToString(),
                ["controller"] = true,
                ["blockOwnerDeletion"] = true,
            });
        }
        return metadata;
    }

    private static JsonArray Containers(IEnumerable<SandboxContainer> containers) => JsonText.Array(containers.Select(container =>
    {
        var json = new JsonObject { ["name"] = container.Name, ["image"] = container.Image };
        if (container.Environment.Count > 0)
            json["env"] = JsonText.Array(container.Environment.Select(pair => new JsonObject { ["name"] = pair.Key, ["value"] = pair.Value }));
        if (container.Mounts.Count > 0)
            json["volumeMounts"] = JsonText.Array(container.Mounts.Select(pair => new JsonObject { ["name"] = pair.Key, ["mountPath"] = pair.Value }));
        return json;
    }));

    private static JsonObject Status(SandboxPod pod, JsonObject json, SandboxNode node, string podIp)
    {
        List<ContainerStatus> initContainers =
        [
            .. pod.InitContainers.Select(container =>
            {
                var id = PodStatus.NewContainerId();
                var ended = ContainerStatus.Terminated(node.ContainerIdScheme + id, 0, "Completed");
                return new ContainerStatus(container.Name, id, ended, false) { Completed = true };
            }),
        ];
        var phase = pod.State switch
        {
            SandboxPodState.Succeeded => "Succeeded",
            SandboxPodState.ImagePullBackOff => "Pending",
            _ => "Running",
        };
        return PodStatus.Build(json, node, phase, podIp, initContainers, [.. pod.Containers.Select(container => Status(pod.State, container, node))]);
    }

    private static ContainerStatus Status(SandboxPodState state, SandboxContainer container, SandboxNode node)
    {
        var id = PodStatus.NewContainerId();
        return state switch
        {
            SandboxPodState.Succeeded =>
                new ContainerStatus(container.Name, id, ContainerStatus.Terminated(node.ContainerIdScheme + id, 0, "Completed"), false),
            SandboxPodState.CrashLoopBackOff => ContainerStatus.Waiting(
                container.Name, "CrashLoopBackOff", $"back-off 5m0s restarting failed container={container.Name}") with
            {
                ContainerId = id,
                Restarts = 7,
                LastState = ContainerStatus.Terminated(node.ContainerIdScheme + id, 1, "Error"),
            },
            SandboxPodState.ImagePullBackOff =>
                ContainerStatus.Waiting(container.Name, "ImagePullBackOff", $"Back-off pulling image \"{container.Image}\""),
            _ => ContainerStatus.Started(container.Name, id),
        };
    }
}
