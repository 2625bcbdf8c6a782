using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Starts the containers of a pod on its node, and retries those that do not start.</summary>
internal sealed partial class PodRun(ClusterState state, ContainerStarter starter, JsonObject pod, NodeState node, string podIp)
{
    /// <summary>Changes a stored pod, unless it has ended or another pod has its name by now.</summary>
    public static void Update(ClusterState state, JsonObject pod, Action<JsonObject> change) =>
        state.Store.Update(PodLifecycle.Resource, pod.Text("metadata", "namespace"), pod.Text("metadata", "name"), stored =>
        {
            if (stored.Text("metadata", "uid") == pod.Text("metadata", "uid") && stored.Text("status", "phase") is not ("Failed" or "Succeeded"))
                change(stored);
        });

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        List<JsonObject> initSpecs = [.. pod.Items("spec", "initContainers")];
        List<JsonObject> specs = [.. pod.Items("spec", "containers")];
        List<ContainerStatus> initStatuses = [.. initSpecs.Select(Creating)];
        List<ContainerStatus> statuses = [.. specs.Select(Creating)];
        void Report() => Update(
            state, pod, stored => stored["status"] = PodStatus.Build(stored, node.Definition, PhaseOf(statuses), podIp, initStatuses, statuses));

        Report();
        await MountAsync(cancellationToken);
        for (var i = 0; i < initStatuses.Count; i++)
        {
            List<ContainerStatus> status = [initStatuses[i]];
            await RunAsync(
                [initSpecs[i]],
                status,
                () =>
                {
                    initStatuses[i] = status[0];
                    Report();
                },
                cancellationToken);
            await WaitForMarkAsync(initSpecs[i], cancellationToken);
            var id = initStatuses[i].ContainerId;
            initStatuses[i] = initStatuses[i] with
            {
                State = ContainerStatus.Terminated(node.Definition.ContainerIdScheme + id, 0, "Completed"),
                Running = false,
                Completed = true,
            };
        }
        await RunAsync(specs, statuses, Report, cancellationToken);
    }

    // An init container that waits for a file, as with 'while [ ! -e FILE ]', ends when the file exists. Others end at once.
    private async Task WaitForMarkAsync(JsonObject container, CancellationToken cancellationToken)
    {
        var script = container["command"] is JsonArray { Count: > 0 } words ? words[^1].Text() : "";
        if (!WaitsFor().Match(script).Groups.TryGetValue("file", out var file) || !file.Success)
            return;
        var path = HostMount.Of(pod, container, node).Aggregate(file.Value, (text, mount) => mount.Translate(text));
        while (!File.Exists(path))
            await Task.Delay(state.Options.PodStep, cancellationToken);
    }

    [GeneratedRegex(@"while \[ ! -e (?<file>\S+) \]")]
    private static partial Regex WaitsFor();

    // Waits, as the kubelet does, for what volumes need: config maps, secrets, and the folders that hostPath volumes require. Creates folders
    // where the volume's type allows it.
    private async Task MountAsync(CancellationToken cancellationToken)
    {
        foreach (var volume in pod.Items("spec", "volumes"))
        {
            while (PodReferences.MissingOf(state, pod.Text("metadata", "namespace"), volume) is { } missing)
            {
                var words = $"MountVolume.SetUp failed for volume \"{volume.Text("name")}\" : {missing}";
                state.Events.Record(pod, "kubelet", node.Name, "Warning", "FailedMount", words);
                await Task.Delay(state.Options.PodRetry, cancellationToken);
            }
        }
        node.CreateVolumes(pod);
        foreach (var volume in pod.Items("spec", "volumes").Where(volume => volume["hostPath"] is not null))
        {
            var path = volume.Text("hostPath", "path");
            if (path.TrimEnd('/') == NodeCgroups.Folder)
                node.Cgroups.Activate(state);
            if (volume.Text("hostPath", "type") is "" or "DirectoryOrCreate")
                Directory.CreateDirectory(node.HostPath(path));
            while (!Path.Exists(node.HostPath(path)))
            {
                var message = $"MountVolume.SetUp failed for volume \"{volume.Text("name")}\" : hostPath type check failed: {path} is not a directory";
                state.Events.Record(pod, "kubelet", node.Name, "Warning", "FailedMount", message);
                await Task.Delay(state.Options.PodRetry, cancellationToken);
            }
        }
    }

    private async Task RunAsync(
        List<JsonObject> specs, List<ContainerStatus> statuses, Action report, CancellationToken cancellationToken)
    {
        while (true)
        {
            for (var i = 0; i < specs.Count; i++)
            {
                if (!statuses[i].Running && !statuses[i].IsFinal)
                {
                    await Task.Delay(state.Options.PodStep, cancellationToken);
                    statuses[i] = await starter.StartAsync(pod, specs[i], node, cancellationToken);
                    report();
                }
            }
            if (statuses.All(status => status.Running || status.IsFinal))
            {
                report();
                return;
            }
            await Task.Delay(state.Options.PodStep, cancellationToken);
            for (var i = 0; i < specs.Count; i++)
            {
                if (statuses[i].State.Text("waiting", "reason") == "ErrImagePull")
                    statuses[i] = starter.BackOff(pod, specs[i], node, statuses[i]);
            }
            report();
            await Task.Delay(state.Options.PodRetry, cancellationToken);
        }
    }

    private static ContainerStatus Creating(JsonObject container) => ContainerStatus.Waiting(container.Text("name"), "ContainerCreating");

    private static string PhaseOf(List<ContainerStatus> statuses) =>
        statuses.Any(status => status.Running) ? "Running"
        : statuses.All(status => status.State["terminated"] is not null) ? "Failed"
        : "Pending";
}
