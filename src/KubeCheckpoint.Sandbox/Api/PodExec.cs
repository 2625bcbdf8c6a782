using System.Globalization;
using System.Net.WebSockets;
using KubeCheckpoint.Sandbox.Faults;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>
/// Exec over a WebSocket. The command really runs, on this machine and as the user of the sandbox. In its arguments, the mount path of a
/// hostPath or emptyDir volume, and /dev/shm, is replaced by the folder that emulates the node's, and in its output the folder by the mount
/// path. Files of /proc and /sys that describe the node are replaced by those of <see cref="NodeFacts"/>. In a container without such a
/// volume, commands that change files fail.
/// </summary>
internal sealed class PodExec(ClusterState state, PodLifecycle lifecycle)
{
    private static readonly string[] Protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

    public async Task HandleAsync(ApiRequest request)
    {
        var http = request.Http;
        var create = request.Access with { Verb = "create" };
        if (!state.Authorizer.Admit(request.User, create))
        {
            await ApiResponse.ForbiddenAsync(http, request.User, create);
            return;
        }
        if (!http.WebSockets.IsWebSocketRequest)
        {
            await ApiResponse.BadRequestAsync(http, "Upgrade request required");
            return;
        }

        // Seen on a real cluster: an upgrade request that accepts only JSON is refused.
        if (http.Request.Headers.Accept.ToString() == "application/json")
        {
            await ApiResponse.TextAsync(http, StatusCodes.Status406NotAcceptable, "406: Not Acceptable\n\nAvailable representations: */*");
            return;
        }
        var protocol = Protocols.FirstOrDefault(known => http.WebSockets.WebSocketRequestedProtocols.Contains(known));
        if (protocol is null)
        {
            await ApiResponse.BadRequestAsync(http, "the sandbox speaks v5.channel.k8s.io and v4.channel.k8s.io");
            return;
        }
        if (await CommandAsync(request) is not { } command)
            return;
        using var socket = await http.WebSockets.AcceptWebSocketAsync(protocol);
        await RunAsync(request, command, socket);
    }

    private static async Task RunAsync(ApiRequest request, ExecCommand command, WebSocket socket)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, command.PodLife);
        using var channels = new ExecChannels(socket, request.Http.Fault());
        var input = Task.CompletedTask;
        try
        {
            var status = await command.RunAsync(
                channels, request.Flag("stdin"), started => input = ExecCommand.ReadInputAsync(started, channels, life), life.Token);
            await channels.FinishAsync(status, life.Token);

            // The client confirms the close. Cancelling the read before that would abort the connection while the status is being sent.
            await Task.WhenAny(input, Task.Delay(TimeSpan.FromSeconds(2), life.Token));
        }
        catch (Exception exception) when (exception is ConnectionCutException or WebSocketException or OperationCanceledException)
        {
            // A fault cuts the connection, or there is no one left to read: the client has disconnected, the pod is gone, or the sandbox stops.
            socket.Abort();
        }
        finally
        {
            await life.CancelAsync();
            await input;
        }
    }

    private async Task<ExecCommand?> CommandAsync(ApiRequest request)
    {
        var http = request.Http;
        if (state.Store.Get(request.Resource, request.Namespace, request.Name)?.Parse() is not { } pod)
        {
            await ApiResponse.NotFoundAsync(http, request.Resource, request.Name);
            return null;
        }
        var asked = request.Query("container");
        var container = PodDefaults.Containers(pod).OrderBy(spec => pod.Items("spec", "initContainers").Contains(spec))
            .FirstOrDefault(spec => asked.Length == 0 || spec.Text("name") == asked);
        if (container is null)
        {
            await ApiResponse.BadRequestAsync(http, $"container {asked} is not valid for pod {request.Name}");
            return null;
        }
        var name = container.Text("name");
        var status = pod.Items("status", "containerStatuses").Concat(pod.Items("status", "initContainerStatuses"))
            .FirstOrDefault(candidate => candidate.Text("name") == name);
        if (status.At("state", "running") is null)
        {
            await InternalErrorAsync(http, $"unable to upgrade connection: container not found (\"{name}\")");
            return null;
        }
        if (OperatingSystem.IsWindows())
        {
            await InternalErrorAsync(http, "the sandbox runs commands of pods with this machine's own /bin/sh and tools; Windows has none");
            return null;
        }
        var node = state.Nodes[pod.Text("spec", "nodeName")];
        var volumes = HostMount.Of(pod, container, node);
        var isReadOnly = volumes.Count == 0 || volumes.Any(volume => volume.ReadOnly);
        string[] words = [.. http.Request.Query["command"].OfType<string>()];
        if (words.Length == 0)
        {
            await ApiResponse.BadRequestAsync(http, "you must specify at least 1 command for the container");
            return null;
        }
        var root = state.ContainerFiles.Find(pod.Text("metadata", "uid"), name);
        if (root is not null)
            volumes = [.. volumes, ContainerFiles.Process(root)];
        var entersHost = pod.Flag("spec", "hostPID") && container.Flag("securityContext", "privileged");
        if (entersHost)
            node.Service.Report(state);
        var sharesProcesses = pod.Flag("spec", "hostPID") && !entersHost;
        var seesNode = entersHost || pod.Items("spec", "volumes").Any(volume => volume["hostPath"] is not null);
        HostMount[] processes = (sharesProcesses, seesNode) switch
        {
            (true, _) => [HostProcesses.For(container, node, state)],
            (_, true) => [],
            _ => [ProcessesOf($"{request.Namespace}/{request.Name}/{name}", node)],
        };
        IReadOnlyList<HostMount> mounts = [.. volumes, HostMount.SharedMemoryOf(pod, node), .. NodeFacts.Mounts(node), .. processes];
        return new ExecCommand(words, mounts, isReadOnly, node, state, lifecycle.LifeOf(pod.Text("metadata", "uid")))
        {
            Root = root,
            PodUid = pod.Text("metadata", "uid"),
            EntersHost = entersHost,
            HasCommands = !state.Options.ContainersWithoutShell.Contains(name),
            Environment = container.Items("env").Where(variable => variable["value"] is not null)
                .ToDictionary(variable => variable.Text("name"), variable => variable.Text("value").Replace("$$", "$", StringComparison.Ordinal)),
        };
    }

    // The container's own /proc: links to the machine's uptime, and to those processes of it that run in the container.
    private HostMount ProcessesOf(string container, NodeState node)
    {
        var folder = PrivateFile.CreateFolder(node.HostPath($"/containers/{container}/proc")).FullName;
        string[] names = ["uptime", .. state.Processes.GetValueOrDefault(container, []).Select(id => id.ToString(CultureInfo.InvariantCulture))];
        foreach (var name in names.Where(name => !Path.Exists(Path.Join(folder, name))))
            File.CreateSymbolicLink(Path.Join(folder, name), $"/proc/{name}");
        return new("/proc", folder, ReadOnly: true);
    }

    private static Task InternalErrorAsync(HttpContext http, string message) => ApiResponse.StatusAsync(
        http, StatusCodes.Status500InternalServerError, "InternalError", $"Internal error occurred: {message}");
}
