using System.Security.Cryptography;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>Builds a pod's <c>status</c> from the states of its containers.</summary>
internal static class PodStatus
{
    public static string NewContainerId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public static JsonObject Scheduled(JsonObject pod) => new()
    {
        ["phase"] = "Pending",
        ["conditions"] = new JsonArray(Condition(pod, "PodScheduled", true)),
        ["qosClass"] = "BestEffort",
    };

    public static JsonObject Unschedulable(JsonObject pod, string message)
    {
        var condition = Condition(pod, "PodScheduled", false);
        condition["reason"] = "Unschedulable";
        condition["message"] = message;
        return new JsonObject { ["phase"] = "Pending", ["conditions"] = new JsonArray(condition), ["qosClass"] = "BestEffort" };
    }

    public static JsonObject Build(
        JsonObject pod,
        SandboxNode node,
        string phase,
        string podIp,
        IReadOnlyList<ContainerStatus> initContainers,
        IReadOnlyList<ContainerStatus> containers)
    {
        var ready = phase == "Running" && containers.All(container => container.Running);
        var conditions = new JsonArray(
            Condition(pod, "PodReadyToStartContainers", phase is "Running" or "Pending" && podIp.Length > 0),
            Condition(pod, "Initialized", true),
            Condition(pod, "Ready", ready, containers, phase),
            Condition(pod, "ContainersReady", ready, containers, phase),
            Condition(pod, "PodScheduled", true));
        var status = new JsonObject
        {
            ["phase"] = phase,
            ["conditions"] = conditions,
            ["hostIP"] = "127.0.0.1",
            ["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = "127.0.0.1" }),
            ["startTime"] = pod.Text("metadata", "creationTimestamp"),
            ["qosClass"] = "BestEffort",
        };
        if (podIp.Length > 0)
        {
            status["podIP"] = podIp;
            status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = podIp });
        }
        status["containerStatuses"] = Statuses(pod.Items("spec", "containers"), containers, node);
        if (initContainers.Count > 0)
            status["initContainerStatuses"] = Statuses(pod.Items("spec", "initContainers"), initContainers, node);
        return status;
    }

    /// <summary>Makes a pod's conditions follow from the statuses of its containers.</summary>
    public static void SetReady(JsonObject pod)
    {
        var ready = pod.Items("status", "containerStatuses").All(status => status.Flag("ready"));
        foreach (var condition in pod.Items("status", "conditions").Where(condition => condition.Text("type") is "Ready" or "ContainersReady"))
            condition["status"] = ready ? "True" : "False";
    }

    private static JsonArray Statuses(IEnumerable<JsonObject> specs, IEnumerable<ContainerStatus> statuses, SandboxNode node) =>
        JsonText.Array(specs.Join(statuses, spec => spec.Text("name"), status => status.Name, (spec, status) => status.ToJson(spec, node)));

    private static JsonObject Condition(
        JsonObject pod, string type, bool holds, IReadOnlyList<ContainerStatus>? containers = null, string phase = "")
    {
        var condition = new JsonObject
        {
            ["type"] = type,
            ["observedGeneration"] = 1,
            ["status"] = holds ? "True" : "False",
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = pod.Text("metadata", "creationTimestamp"),
        };
        if (!holds && containers is not null)
        {
            var names = string.Join(' ', containers.Where(container => !container.Running).Select(container => container.Name));
            condition["reason"] = phase == "Succeeded" ? "PodCompleted" : phase == "Failed" ? "PodFailed" : "ContainersNotReady";
            if (phase is "Running" or "Pending")
                condition["message"] = $"containers with unready status: [{names}]";
        }
        return condition;
    }
}
