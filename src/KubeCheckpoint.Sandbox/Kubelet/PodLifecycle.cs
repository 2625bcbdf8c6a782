using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Takes new pods through their life: scheduled, pulled, started, ended by their deadline or by a deletion.</summary>
internal sealed class PodLifecycle(ClusterState state, ContainerStarter starter)
{
    public const string Resource = "pods";

    private readonly ConcurrentDictionary<string, CancellationTokenSource> lives = new();
    private int lastIp = 1;

    public string NextPodIp() => string.Create(CultureInfo.InvariantCulture, $"10.88.0.{Interlocked.Increment(ref lastIp)}");

    /// <summary>Cancelled when a pod has gone.</summary>
    public CancellationToken LifeOf(string uid) => lives.TryGetValue(uid, out CancellationTokenSource? life) ? life.Token : CancellationToken.None;

    /// <summary>Begins the life of a pod that was just stored.</summary>
    public void Begin(JsonObject pod)
    {
        string uid = pod.Text("metadata", "uid");
        CancellationTokenSource life = lives.GetOrAdd(uid, _ => new CancellationTokenSource());
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

    /// <summary>Ends a pod after its grace period, but not later than the sandbox's own.</summary>
    public void End(JsonObject pod, TimeSpan grace)
    {
        string ns = pod.Text("metadata", "namespace");
        string name = pod.Text("metadata", "name");
        string uid = pod.Text("metadata", "uid");
        if (grace == TimeSpan.Zero)
        {
            Remove(ns, name, uid);
            return;
        }

        state.Run(async stopping =>
        {
            await Task.Delay(grace < state.Options.PodTermination ? grace : state.Options.PodTermination, stopping);
            Remove(ns, name, uid);
        });
    }

    private void Remove(string ns, string name, string uid)
    {
        if (state.Store.Get(Resource, ns, name) is { } stored && stored.Parse().Text("metadata", "uid") == uid)
        {
            state.Store.Delete(Resource, ns, name);
        }

        if (lives.TryRemove(uid, out CancellationTokenSource? life))
        {
            life.Cancel();
            life.Dispose();
        }
    }

    private async Task LiveAsync(JsonObject pod, CancellationToken cancellationToken)
    {
        await Task.Delay(state.Options.PodStep, cancellationToken);
        if (Schedule(pod) is not { } node)
        {
            return;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bool limited = int.TryParse(pod.Text("spec", "activeDeadlineSeconds"), CultureInfo.InvariantCulture, out int seconds);
        if (limited)
        {
            deadline.CancelAfter(TimeSpan.FromSeconds(seconds));
        }

        try
        {
            await StartContainersAsync(pod, node, deadline.Token);
            if (limited)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Expire(pod, node);
        }
    }

    private NodeState? Schedule(JsonObject pod)
    {
        string wanted = pod.Text("spec", "nodeName");
        if (wanted.Length > 0)
        {
            // Nobody looks after a pod of a node that is not there: it stays Pending.
            NodeState? assigned = state.Nodes.GetValueOrDefault(wanted);
            if (assigned is not null)
            {
                Update(pod, stored => stored["status"] = PodStatus.Scheduled(stored));
            }

            return assigned;
        }

        NodeState? node = state.Nodes.Values.FirstOrDefault(candidate => Fits(pod, candidate));
        if (node is null)
        {
            string message = $"0/{state.Nodes.Count} nodes are available: {state.Nodes.Count} node(s) didn't match Pod's node affinity/selector.";
            Update(pod, stored => stored["status"] = PodStatus.Unschedulable(stored, message));
            state.Events.Record(pod, "default-scheduler", "", "Warning", "FailedScheduling", message);
            return null;
        }

        Update(pod, stored =>
        {
            stored["spec"]!["nodeName"] = node.Name;
            stored["status"] = PodStatus.Scheduled(stored);
        });
        state.Events.Record(
            pod, "default-scheduler", "", "Normal", "Scheduled", $"Successfully assigned {pod.Text("metadata", "namespace")}/{pod.Text("metadata", "name")} to {node.Name}");
        return node;
    }

    private bool Fits(JsonObject pod, NodeState node)
    {
        JsonNode? labels = state.Store.Get("nodes", "", node.Name)?.Parse().At("metadata", "labels");
        return (pod.At("spec", "nodeSelector") as JsonObject ?? []).All(pair => labels.Text(pair.Key) == pair.Value.Text());
    }

    private async Task StartContainersAsync(JsonObject pod, NodeState node, CancellationToken cancellationToken)
    {
        string ip = NextPodIp();
        List<JsonObject> initSpecs = [.. pod.Items("spec", "initContainers")];
        List<JsonObject> specs = [.. pod.Items("spec", "containers")];
        List<ContainerStatus> initStatuses = [.. initSpecs.Select(Creating)];
        List<ContainerStatus> statuses = [.. specs.Select(Creating)];
        void Report() => Update(pod, stored => stored["status"] = PodStatus.Build(stored, node.Definition, PhaseOf(statuses), ip, initStatuses, statuses));

        Report();
        await MountAsync(pod, node, cancellationToken);
        await RunAsync(pod, node, initSpecs, initStatuses, Report, cancellationToken);
        for (int i = 0; i < initStatuses.Count; i++)
        {
            string id = initStatuses[i].ContainerId;
            initStatuses[i] = initStatuses[i] with
            {
                State = ContainerStatus.Terminated(node.Definition.ContainerIdScheme + id, 0, "Completed"),
                Running = false,
                Completed = true,
            };
        }

        await RunAsync(pod, node, specs, statuses, Report, cancellationToken);
    }

    // Waits, as the kubelet does, for the folders that hostPath volumes insist on; makes those that may be made.
    private async Task MountAsync(JsonObject pod, NodeState node, CancellationToken cancellationToken)
    {
        foreach (JsonObject volume in pod.Items("spec", "volumes").Where(volume => volume["hostPath"] is not null))
        {
            string path = volume.Text("hostPath", "path");
            if (volume.Text("hostPath", "type") is "" or "DirectoryOrCreate")
            {
                Directory.CreateDirectory(node.HostPath(path));
            }

            while (!Path.Exists(node.HostPath(path)))
            {
                state.Events.Record(
                    pod, "kubelet", node.Name, "Warning", "FailedMount", $"MountVolume.SetUp failed for volume \"{volume.Text("name")}\" : hostPath type check failed: {path} is not a directory");
                await Task.Delay(state.Options.PodRetry, cancellationToken);
            }
        }
    }

    private async Task RunAsync(
        JsonObject pod, NodeState node, List<JsonObject> specs, List<ContainerStatus> statuses, Action report, CancellationToken cancellationToken)
    {
        while (true)
        {
            for (int i = 0; i < specs.Count; i++)
            {
                if (!statuses[i].Running)
                {
                    await Task.Delay(state.Options.PodStep, cancellationToken);
                    statuses[i] = await starter.StartAsync(pod, specs[i], node, cancellationToken);
                    report();
                }
            }

            if (statuses.All(status => status.Running))
            {
                report();
                return;
            }

            await Task.Delay(state.Options.PodStep, cancellationToken);
            for (int i = 0; i < specs.Count; i++)
            {
                if (statuses[i].State.Text("waiting", "reason") == "ErrImagePull")
                {
                    statuses[i] = starter.BackOff(pod, specs[i], node, statuses[i]);
                }
            }

            report();
            await Task.Delay(state.Options.PodRetry, cancellationToken);
        }
    }

    private void Expire(JsonObject pod, NodeState node)
    {
        const string Message = "Pod was active on the node longer than the specified deadline";
        Update(pod, stored =>
        {
            List<ContainerStatus> ended =
            [
                .. stored.Items("spec", "containers").Select(spec =>
                {
                    string id = PodStatus.NewContainerId();
                    return new ContainerStatus(spec.Text("name"), id, ContainerStatus.Terminated(node.Definition.ContainerIdScheme + id, 137, "Error"), false);
                }),
            ];
            JsonObject status = PodStatus.Build(stored, node.Definition, "Failed", stored.Text("status", "podIP"), [], ended);
            status["reason"] = "DeadlineExceeded";
            status["message"] = Message;
            stored["status"] = status;
        });
        state.Events.Record(pod, "kubelet", node.Name, "Normal", "DeadlineExceeded", Message);
    }

    private void Update(JsonObject pod, Action<JsonObject> change) =>
        state.Store.Update(Resource, pod.Text("metadata", "namespace"), pod.Text("metadata", "name"), stored =>
        {
            // A pod of the same name that came later is not ours to touch.
            if (stored.Text("metadata", "uid") == pod.Text("metadata", "uid") && stored.Text("status", "phase") is not ("Failed" or "Succeeded"))
            {
                change(stored);
            }
        });

    private static ContainerStatus Creating(JsonObject container) => ContainerStatus.Waiting(container.Text("name"), "ContainerCreating");

    private static string PhaseOf(List<ContainerStatus> statuses) => statuses.Any(status => status.Running) ? "Running" : "Pending";
}
