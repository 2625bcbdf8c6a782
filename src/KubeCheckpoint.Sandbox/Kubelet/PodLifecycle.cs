using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Runs the life cycle of pods: scheduling, pulling, starting, and ending by their deadline or a deletion.</summary>
internal sealed class PodLifecycle(ClusterState state, ContainerStarter starter)
{
    public const string Resource = "pods";

    private readonly ConcurrentDictionary<string, CancellationTokenSource> _lives = new();
    private int _lastIp = 1;

    public string NextPodIp() => string.Create(CultureInfo.InvariantCulture, $"10.88.0.{Interlocked.Increment(ref _lastIp)}");

    /// <summary>Cancelled when the pod is gone.</summary>
    public CancellationToken LifeOf(string uid) =>
        _lives.TryGetValue(uid, out var life) ? life.Token : CancellationToken.None;

    /// <summary>Starts the life cycle of a new pod.</summary>
    public void Begin(JsonObject pod)
    {
        var uid = pod.Text("metadata", "uid");
        var life = _lives.GetOrAdd(uid, _ => new CancellationTokenSource());
        state.Run(async stopping =>
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(stopping, life.Token);
            try
            {
                await LiveAsync(pod, linked.Token);
            }
            catch (OperationCanceledException) when (life.IsCancellationRequested)
            {
            }
        });
    }

    /// <summary>Ends a pod after its grace period, or after the sandbox's if that is shorter.</summary>
    public void End(JsonObject pod, TimeSpan grace)
    {
        var ns = pod.Text("metadata", "namespace");
        var name = pod.Text("metadata", "name");
        var uid = pod.Text("metadata", "uid");
        if (grace == TimeSpan.Zero)
        {
            Remove(ns, name, uid);
            return;
        }
        state.Run(async stopping =>
        {
            var cgroups = state.Nodes.GetValueOrDefault(pod.Text("spec", "nodeName"))?.Cgroups;
            cgroups?.Terminate(uid, HeldContainer.Terminate);
            await Task.Delay(grace < state.Options.PodTermination ? grace : state.Options.PodTermination, stopping);

            // A frozen task takes no signal.
            while (cgroups?.Terminate(uid, HeldContainer.Kill) == true)
                await Task.Delay(state.Options.PodStep, stopping);
            Remove(ns, name, uid);
        });
    }

    private void Remove(string ns, string name, string uid)
    {
        if (state.Store.Get(Resource, ns, name) is { } stored && stored.Parse().Text("metadata", "uid") == uid)
            state.Store.Delete(Resource, ns, name);
        if (_lives.TryRemove(uid, out var life))
        {
            life.Cancel();
            life.Dispose();
        }
    }

    private async Task LiveAsync(JsonObject pod, CancellationToken cancellationToken)
    {
        await Task.Delay(state.Options.PodStep, cancellationToken);
        if (Schedule(pod) is not { } node)
            return;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var limited = int.TryParse(pod.Text("spec", "activeDeadlineSeconds"), CultureInfo.InvariantCulture, out var seconds);
        if (limited)
            deadline.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            await new PodRun(state, starter, pod, node, NextPodIp()).StartAsync(deadline.Token);
            if (limited)
                await Task.Delay(Timeout.InfiniteTimeSpan, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Expire(pod, node);
        }
    }

    private NodeState? Schedule(JsonObject pod)
    {
        var wanted = pod.Text("spec", "nodeName");
        if (wanted.Length > 0)
        {
            // A pod of a node that does not exist stays Pending.
            var assigned = state.Nodes.GetValueOrDefault(wanted);
            return assigned is not null && Admits(pod, assigned) ? assigned : null;
        }
        var node = state.Nodes.Values.FirstOrDefault(candidate => IsSchedulable(candidate) && Fits(pod, candidate));
        if (node is null)
        {
            var message = $"0/{state.Nodes.Count} nodes are available: {state.Nodes.Count} node(s) didn't match Pod's node affinity/selector.";
            PodRun.Update(state, pod, stored => stored["status"] = PodStatus.Unschedulable(stored, message));
            state.Events.Record(pod, "default-scheduler", "", "Warning", "FailedScheduling", message);
            return null;
        }
        PodRun.Update(state, pod, stored =>
        {
            stored["spec"]!["nodeName"] = node.Name;
            stored["status"] = PodStatus.Scheduled(stored);
        });
        state.Events.Record(
            pod,
            "default-scheduler",
            "",
            "Normal",
            "Scheduled",
            $"Successfully assigned {pod.Text("metadata", "namespace")}/{pod.Text("metadata", "name")} to {node.Name}");
        return node;
    }

    private bool Fits(JsonObject pod, NodeState node) => state.Store.Get("nodes", "", node.Name)?.Parse() is { } stored && NodeFit.Fits(pod, stored);

    private bool IsSchedulable(NodeState node) => state.Store.Get("nodes", "", node.Name)?.Parse().Flag("spec", "unschedulable") == false;

    // The kubelet checks selector and affinity as well, for pods that were not assigned by the scheduler.
    private bool Admits(JsonObject pod, NodeState node)
    {
        var fits = Fits(pod, node);
        PodRun.Update(state, pod, stored =>
        {
            stored["status"] = PodStatus.Scheduled(stored);
            if (!fits)
            {
                stored["status"]!["phase"] = "Failed";
                stored["status"]!["reason"] = "NodeAffinity";
                stored["status"]!["message"] = "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
            }
        });
        return fits;
    }

    private void Expire(JsonObject pod, NodeState node)
    {
        const string Message = "Pod was active on the node longer than the specified deadline";
        PodRun.Update(state, pod, stored =>
        {
            List<ContainerStatus> ended =
            [
                .. stored.Items("spec", "containers").Select(spec =>
                {
                    var id = PodStatus.NewContainerId();
                    var killed = ContainerStatus.Terminated(node.Definition.ContainerIdScheme + id, 137, "Error");
                    return new ContainerStatus(spec.Text("name"), id, killed, false);
                }),
            ];
            var status = PodStatus.Build(stored, node.Definition, "Failed", stored.Text("status", "podIP"), [], ended);
            status["reason"] = "DeadlineExceeded";
            status["message"] = Message;
            stored["status"] = status;
        });
        state.Events.Record(pod, "kubelet", node.Name, "Normal", "DeadlineExceeded", Message);
    }
}
