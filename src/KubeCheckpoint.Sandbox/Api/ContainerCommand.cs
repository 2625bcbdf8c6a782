using System.Diagnostics;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>
/// Runs a container's own command to its end, as a process on this machine that is alone in its pod and sleeps only briefly. Its mount paths are
/// replaced as in <see cref="PodExec"/>; what it writes to /dev/termination-log becomes the message of the ended container.
/// </summary>
internal sealed class ContainerCommand(ClusterState state, JsonObject pod, NodeState node)
{
    private const string Sleep = "#!/bin/sh\nexec /bin/sleep 0.01\n";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var container = pod.Items("spec", "containers").First();
        var folder = PrivateFile.CreateFolder(Path.Join(state.Folder, "commands", pod.Text("metadata", "uid"))).FullName;
        Directory.CreateDirectory(Path.Join(folder, "proc", "1"));
        var message = Path.Join(folder, "message");
        var volumes = HostMount.Of(pod, container, node);
        List<HostMount> mounts = [.. volumes, new("/proc", Path.Join(folder, "proc"), true), new("/dev/termination-log", message, false)];
        var words = (container["command"] as JsonArray ?? []).Select(word => mounts.Aggregate(word.Text(), (text, mount) => mount.Translate(text))).ToList();
        var start = new ProcessStartInfo(words[0], words.Skip(1)) { WorkingDirectory = ContainerTools.WorkingFolder(state) };
        start.Environment.Clear();
        start.Environment["PATH"] = $"{QuickTools()}:{ContainerTools.Folder(state, volumes.Any(volume => volume.ReadOnly))}";
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(cancellationToken);
        End(container, process.ExitCode, File.Exists(message) ? await File.ReadAllTextAsync(message, cancellationToken) : "");
    }

    private string QuickTools()
    {
        var folder = Path.Join(state.Folder, "bin-quick");
        var sleep = Path.Join(folder, "sleep");
        if (!Directory.Exists(folder))
        {
            PrivateFile.CreateFolder(folder);
            File.WriteAllText(sleep, Sleep);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(sleep, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        return folder;
    }

    private void End(JsonObject container, int exitCode, string message) => PodRun.Update(state, pod, stored =>
    {
        var id = PodStatus.NewContainerId();
        var ended = ContainerStatus.Terminated(node.Definition.ContainerIdScheme + id, exitCode, exitCode == 0 ? "Completed" : "Error");
        if (message.Length > 0)
            ended["terminated"]!["message"] = message;
        var phase = exitCode == 0 ? "Succeeded" : "Failed";
        stored["status"] = PodStatus.Build(
            stored, node.Definition, phase, stored.Text("status", "podIP"), [], [new ContainerStatus(container.Text("name"), id, ended, false)]);
    });
}
