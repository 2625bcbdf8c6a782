using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Api;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Controllers;

/// <summary>
/// Runs the commands of pods that mount the node's cgroups, and of those of Jobs: as processes on this machine, with their mount paths
/// replaced as those of exec. They end with their pods, first by SIGTERM.
/// </summary>
internal sealed class MainProcesses(ClusterState state, PodLifecycle lifecycle)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly HashSet<string> _started = [];

    /// <summary>Whether the command of a pod really runs.</summary>
    public static bool Has(JsonObject pod) =>
        pod.Items("spec", "volumes").Any(volume => volume.Text("hostPath", "path").TrimEnd('/') == NodeCgroups.Folder)
        || pod.Items("metadata", "ownerReferences").Any(owner => owner.Text("kind") == "Job" && owner.Flag("controller"));

    /// <summary>Runs until the sandbox stops.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        if (OperatingSystem.IsWindows())
            return;
        using var watch = state.Store.Watch(0)!;
        await foreach (var change in watch.Changes.ReadAllAsync(stopping))
        {
            if (change.Object.Resource != PodLifecycle.Resource || change.Type == StoredChange.Deleted)
                continue;
            var pod = change.Object.Parse();
            if (pod.Text("status", "phase") == "Running" && Has(pod) && _started.Add(pod.Text("metadata", "uid")))
                state.Run(token => KeepAsync(pod, token));
        }
    }

    private async Task KeepAsync(JsonObject pod, CancellationToken stopping)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(stopping, lifecycle.LifeOf(pod.Text("metadata", "uid")));
        var exitCode = 1;
        while (exitCode != 0 && !life.IsCancellationRequested)
        {
            if (await RunAsync(pod, life.Token) is not { } code)
                return;
            exitCode = code;
            if (pod.Text("spec", "restartPolicy") == "Never")
                break;
            await Task.Delay(state.Options.PodStep, stopping);
        }
        End(pod, exitCode);
    }

    private async Task<int?> RunAsync(JsonObject pod, CancellationToken life)
    {
        if (Start(pod) is not { } start)
            return null;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
        try
        {
            await process.WaitForExitAsync(life);
            await output;
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            using (var kill = Process.Start("/bin/kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync(CancellationToken.None);
            using var grace = new CancellationTokenSource(Grace);
            await process.WaitForExitAsync(grace.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            return null;
        }
    }

    private ProcessStartInfo? Start(JsonObject pod)
    {
        var node = state.Nodes[pod.Text("spec", "nodeName")];
        var container = pod.Items("spec", "containers").First();
        if (container["command"] is not JsonArray { Count: > 0 } command)
            return null;
        var volumes = HostMount.Of(pod, container, node);
        var processes = pod.Flag("spec", "hostPID")
            ? HostProcesses.For(container, node, state)
            : PodProcesses.Create(node, pod.Text("metadata", "uid"));
        List<HostMount> mounts = [.. volumes, HostMount.SharedMemoryOf(pod, node), .. NodeFacts.Mounts(node), processes];
        var words = command.Concat(container["args"] as JsonArray ?? [])
            .Select(word => mounts.Aggregate(word.Text(), (text, mount) => mount.Translate(text)))
            .ToList();
        var tools = ContainerTools.Folder(state, volumes.Any(volume => volume.ReadOnly));
        var start = new ProcessStartInfo(words[0].Contains('/', StringComparison.Ordinal) ? words[0] : Path.Join(tools, words[0]), words.Skip(1))
        {
            WorkingDirectory = ContainerTools.WorkingFolder(state),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = tools;
        foreach (var variable in container.Items("env"))
            start.Environment[variable.Text("name")] = mounts.Aggregate(Unescape(variable), (text, mount) => mount.Translate(text));
        return start;
    }

    private static string Unescape(JsonObject variable) => variable.Text("value").Replace("$$", "$", StringComparison.Ordinal);

    private void End(JsonObject pod, int exitCode) => PodRun.Update(state, pod, stored =>
    {
        var node = state.Nodes[pod.Text("spec", "nodeName")].Definition;
        List<ContainerStatus> ended =
        [
            .. stored.Items("spec", "containers").Select(container =>
            {
                var id = PodStatus.NewContainerId();
                var json = ContainerStatus.Terminated(node.ContainerIdScheme + id, exitCode, exitCode == 0 ? "Completed" : "Error");
                return new ContainerStatus(container.Text("name"), id, json, false);
            }),
        ];
        stored["status"] = PodStatus.Build(stored, node, exitCode == 0 ? "Succeeded" : "Failed", stored.Text("status", "podIP"), [], ended);
    });
}
