using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Starts the containers of a node again whose processes were killed, unless their pod is being deleted.</summary>
internal sealed class ContainerSupervisor(ClusterState state, NodeState node)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(2);

    /// <summary>Runs until the sandbox stops.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await node.Cgroups.Active.WaitAsync(stopping);
        while (true)
        {
            foreach ((var id, var container) in node.Cgroups.Step(state))
                state.Run(token => RestartAsync(id, container, token));
            await Task.Delay(Period, stopping);
        }
    }

    private async Task RestartAsync(string id, HeldContainer container, CancellationToken stopping)
    {
        var pod = state.Store.List(PodLifecycle.Resource).Objects.Select(stored => stored.Parse())
            .FirstOrDefault(candidate => candidate.Text("metadata", "uid") == container.PodUid);
        if (pod is null)
            return;
        if (container.FailedLiveness)
        {
            var message = $"Container {container.Name} failed liveness probe, will be restarted";
            state.Events.Record(pod, "kubelet", node.Name, "Normal", "Killing", message);
        }
        Change(pod, id, (_, status) =>
        {
            status["state"] = ContainerStatus.Terminated(status.Text("containerID"), 137, "Error");
            status["ready"] = false;
            status["started"] = false;
        });
        await Task.Delay(state.Options.PodStep, stopping);
        Change(pod, id, Restart);
    }

    private void Restart(JsonObject pod, JsonObject status)
    {
        if (pod.At("metadata", "deletionTimestamp") is not null || pod.Text("spec", "restartPolicy") == "Never")
            return;
        var id = PodStatus.NewContainerId();
        state.Writers.Restart(id, status.Text("containerID").Split("://")[^1]);
        status["lastState"] = status["state"]!.DeepClone();
        status["state"] = ContainerStatus.Started(status.Text("name"), id).State;
        status["containerID"] = node.Definition.ContainerIdScheme + id;
        status["restartCount"] = status["restartCount"]!.GetValue<int>() + 1;
        status["ready"] = true;
        status["started"] = true;
    }

    private void Change(JsonObject pod, string id, Action<JsonObject, JsonObject> change) => PodRun.Update(state, pod, stored =>
    {
        List<JsonObject> statuses = [.. stored.Items("status", "containerStatuses").Concat(stored.Items("status", "initContainerStatuses"))];
        if (statuses.Find(status => status.Text("containerID").EndsWith(id, StringComparison.Ordinal)) is { } own)
            change(stored, own);
        PodStatus.SetReady(stored);
    });
}
