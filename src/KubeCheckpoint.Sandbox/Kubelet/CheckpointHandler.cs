using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>POST /checkpoint/{namespace}/{pod}/{container} of an authorized caller.</summary>
internal sealed class CheckpointHandler(ClusterState state, NodeState node)
{
    public async Task HandleAsync(HttpContext http, string ns, string podName, string container)
    {
        var pod = state.Store.Get(PodLifecycle.Resource, ns, podName)?.Parse();
        if (pod is null || pod.Text("spec", "nodeName") != node.Name)
        {
            await KubeletServer.RespondAsync(http, StatusCodes.Status404NotFound, "pod does not exist");
            return;
        }
        if (PodDefaults.Containers(pod).Concat(pod.Items("spec", "ephemeralContainers")).All(spec => spec.Text("name") != container))
        {
            await KubeletServer.RespondAsync(http, StatusCodes.Status404NotFound, $"container {container} does not exist");
            return;
        }
        var timeoutText = http.Request.Query["timeout"].LastOrDefault();
        long timeout = 0;
        if (timeoutText is not null && !long.TryParse(timeoutText, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out timeout))
        {
            await KubeletServer.RespondAsync(http, StatusCodes.Status404NotFound, "cannot parse value of timeout parameter");
            return;
        }
        try
        {
            var path = await CheckpointAsync(pod, container, timeout, http.RequestAborted);
            await KubeletServer.RespondAsync(http, StatusCodes.Status200OK, $$"""{"items":["{{path}}"]}""", "application/json");
        }
        catch (CheckpointFailedException exception)
        {
            await KubeletServer.RespondAsync(
                http, StatusCodes.Status500InternalServerError, $"checkpointing of {ns}/{podName}/{container} failed ({exception.Message})");
        }
    }

    private async Task<string> CheckpointAsync(JsonObject pod, string container, long timeout, CancellationToken cancellationToken)
    {
        if (timeout < 0)
            throw new CheckpointFailedException("CheckpointContainer requires the timeout value to be > 0");
        var status = pod.Items("status", "containerStatuses").Concat(pod.Items("status", "initContainerStatuses"))
            .FirstOrDefault(candidate => candidate.Text("name") == container);
        if (status.At("state", "running") is null)
            throw new CheckpointFailedException($"container {container} not found");
        var id = status.Text("containerID").Split("://")[^1];
        var runtime = node.Definition.Runtime;
        var behaviour = node.Behaviour(pod.Text("metadata", "namespace"), pod.Text("metadata", "name"));
        if (behaviour == KubeletBehaviour.InFlight && !node.IsFirstDump(id))
            behaviour = KubeletBehaviour.Normal;
        if (behaviour == KubeletBehaviour.EstablishedTcp && node.Service.AllowsEstablishedTcp)
            behaviour = KubeletBehaviour.Normal;
        if (behaviour == KubeletBehaviour.Normal && !node.Service.Checkpoints)
            behaviour = KubeletBehaviour.CriuSupportOff;
        if (DumpLog.Of(behaviour) is { } log)
            DumpLog.Write(node, id, log);
        if (CheckpointFailureText.Of(behaviour, runtime, id) is { } failure)
            throw new CheckpointFailedException(failure);
        var held = node.Cgroups.Find(id) is { } found ? new ContainerDump(state, node, id, found) : null;
        if (held?.IsRefused == true)
            throw new CheckpointFailedException("OCI runtime pause failed: container not running");
        if (!node.Take(id))
            throw new CheckpointFailedException(CheckpointFailureText.Of(KubeletBehaviour.Paused, runtime, id)!);
        var now = DateTimeOffset.UtcNow;
        var fullName = $"{pod.Text("metadata", "name")}_{pod.Text("metadata", "namespace")}";
        var path = $"{NodeState.CheckpointFolder}/checkpoint-{fullName}-{container}-{JsonText.Time(now)}.tar";
        var allowed = TimeSpan.FromSeconds(Math.Max(timeout, state.Options.RuntimeRequestTimeout.TotalSeconds));
        var late = behaviour == KubeletBehaviour.DeadlineExceeded || state.Options.CheckpointDelay > allowed;
        var written = new TaskCompletionSource();
        state.Run(stopping => DumpAsync(pod, container, id, path, now, late, held, written, stopping));
        if (late)
        {
            await Task.Delay(behaviour == KubeletBehaviour.DeadlineExceeded ? state.Options.PodStep : allowed, cancellationToken);
            throw new CheckpointFailedException(CheckpointFailureText.DeadlineExceeded);
        }
        await written.Task.WaitAsync(cancellationToken);
        return path;
    }

    // Continues after the caller has disconnected, as the runtime does.
    private async Task DumpAsync(
        JsonObject pod,
        string container,
        string id,
        string path,
        DateTimeOffset time,
        bool late,
        ContainerDump? held,
        TaskCompletionSource written,
        CancellationToken stopping)
    {
        try
        {
            await Task.Delay(state.Options.CheckpointDelay, stopping);
            if (held is not null)
                await held.CaptureAsync(stopping);
            if (!late || node.Definition.Runtime == SandboxRuntime.CriO)
                await WriteAsync(pod, container, id, path, time, stopping);
            if (held is not null)
                await held.ResumeAsync(stopping);
            written.TrySetResult();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            written.TrySetException(exception);
        }
        finally
        {
            written.TrySetCanceled(stopping);
            node.Release(id);
        }
    }

    private async Task WriteAsync(JsonObject pod, string container, string id, string path, DateTimeOffset time, CancellationToken stopping)
    {
        var key = $"{pod.Text("metadata", "namespace")}/{pod.Text("metadata", "name")}/{container}";
        var counter = node.Definition.Runtime == SandboxRuntime.CriO ? "crio-counter.tar" : "containerd-counter.tar";
        var archive = state.Archives.GetValueOrDefault(key, counter);
        var identity = new CheckpointIdentity(
            pod.Text("metadata", "namespace"),
            pod.Text("metadata", "name"),
            container,
            pod.Text("metadata", "uid"),
            id,
            pod.Text("status", "podIP"),
            time);
        state.Counting.Checkpoint(id);
        node.CreateVolumes(pod);
        await using var source = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "archives", archive));

        // As in the runtimes, without truncation: two checkpoints in the same second share one file.
        await using var target = PrivateFile.Create(node.HostPath(path), FileMode.OpenOrCreate);
        await IdentityRewriter.CopyAsync(source, target, identity, stopping);
    }
}
