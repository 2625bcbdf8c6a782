using System.Text.Json;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>
/// The STATUS column of kubectl. The rules are those of printPod in
/// https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
/// </summary>
internal static class PodStatusColumn
{
    public static string Of(JsonElement pod)
    {
        var phase = pod.Text("status", "phase") ?? "Unknown";
        var status = pod.Text("status", "reason") ?? phase;
        if (HasCondition(pod, "PodScheduled", condition => condition.Text("reason") == "SchedulingGated"))
            status = "SchedulingGated";

        var initializing = Initializing(pod);
        if (initializing is null || HasCondition(pod, "Initialized", IsTrue))
            status = Running(pod, status);
        else
            status = initializing;

        if (!pod.Exists("metadata", "deletionTimestamp"))
            return status;
        if (pod.Text("status", "reason") == "NodeLost")
            return "Unknown";
        return phase is "Succeeded" or "Failed" ? status : "Terminating";
    }

    /// <summary>The state of the first init container that has not finished, or null if all have.</summary>
    private static string? Initializing(JsonElement pod)
    {
        var specs = pod.Items("spec", "initContainers").ToList();
        var index = 0;
        foreach (var container in pod.Items("status", "initContainerStatuses"))
        {
            var name = container.Text("name");
            var isSidecar = specs.Any(spec => spec.Text("name") == name && spec.Text("restartPolicy") == "Always");
            var terminated = container.At("state", "terminated");
            var waiting = container.Text("state", "waiting", "reason");
            if (terminated.Number("exitCode") == 0 || (isSidecar && container.IsTrue("started")))
            {
                index++;
                continue;
            }

            if (terminated.Exists())
                return $"Init:{Ended(terminated)}";
            return waiting is not null and not "PodInitializing" ? $"Init:{waiting}" : $"Init:{index}/{specs.Count}";
        }

        return null;
    }

    private static string Running(JsonElement pod, string status)
    {
        var hasRunning = false;
        foreach (var container in pod.Items("status", "containerStatuses").Reverse())
        {
            var terminated = container.At("state", "terminated");
            if (container.Text("state", "waiting", "reason") is { } waiting)
                status = waiting;
            else if (terminated.Exists())
                status = Ended(terminated);
            else if (container.IsTrue("ready") && container.Exists("state", "running"))
                hasRunning = true;
        }

        if (status != "Completed" || !hasRunning)
            return status;
        return HasCondition(pod, "Ready", IsTrue) ? "Running" : "NotReady";
    }

    private static string Ended(JsonElement terminated) =>
        terminated.Text("reason")
        ?? (terminated.Number("signal") is { } signal and not 0 ? $"Signal:{signal}" : $"ExitCode:{terminated.Number("exitCode") ?? 0}");

    private static bool HasCondition(JsonElement pod, string type, Func<JsonElement, bool> holds) =>
        pod.Items("status", "conditions").Any(condition => condition.Text("type") == type && holds(condition));

    private static bool IsTrue(JsonElement condition) => condition.Text("status") == "True";
}
