using System.Diagnostics;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Pulls a container's image and starts the container, with the events of both, or returns why it could not.</summary>
internal sealed class ContainerStarter(ClusterState state, ImagePuller puller)
{
    public async Task<ContainerStatus> StartAsync(JsonObject pod, JsonObject container, NodeState node, CancellationToken cancellationToken)
    {
        var name = container.Text("name");
        var image = container.Text("image");
        var events = new PodEvents(state.Events, pod, node.Name, container);
        if (ImageName.Parse(image) is not { } parsed)
        {
            var message = $"Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": invalid reference format";
            events.InvalidName(message);
            return ContainerStatus.Waiting(name, "InvalidImageName", message);
        }
        PulledImage pulled;
        try
        {
            pulled = await PullAsync(parsed, pod, container, node, events, cancellationToken);
        }
        catch (PullFailedException exception) when (container.Text("imagePullPolicy") == "Never")
        {
            events.NeverPulled(exception.Message);
            return ContainerStatus.Waiting(name, "ErrImageNeverPull", exception.Message);
        }
        catch (PullFailedException exception)
        {
            events.PullFailed(exception.Message);
            return ContainerStatus.Waiting(name, "ErrImagePull", exception.Message);
        }
        if (PodReferences.MissingOfEnvironment(state, pod.Text("metadata", "namespace"), container) is { } missing)
        {
            events.Failed(missing);
            return ContainerStatus.Waiting(name, "CreateContainerConfigError", missing);
        }
        return Create(pod, container, node, pulled, events);
    }

    /// <summary>The state after ErrImagePull.</summary>
    public ContainerStatus BackOff(JsonObject pod, JsonObject container, NodeState node, ContainerStatus failed)
    {
        new PodEvents(state.Events, pod, node.Name, container).BackOff();
        var message = $"Back-off pulling image \"{container.Text("image")}\": ErrImagePull: {failed.State.Text("waiting", "message")}";
        return ContainerStatus.Waiting(failed.Name, "ImagePullBackOff", message);
    }

    private async Task<PulledImage> PullAsync(
        ImageName name, JsonObject pod, JsonObject container, NodeState node, PodEvents events, CancellationToken cancellationToken)
    {
        var image = container.Text("image");
        var policy = container.Text("imagePullPolicy");
        if (policy != "Always" && node.Images.Has(image))
        {
            events.AlreadyPresent();
            return PulledImage.Ordinary;
        }
        if (policy == "Never")
            throw new PullFailedException($"Container image \"{image}\" is not present with pull policy of Never");
        events.Pulling();
        var start = Stopwatch.GetTimestamp();
        PulledImage pulled;
        if (state.Options.Images.FirstOrDefault(known => known.IsNamed(image)) is { } known)
        {
            pulled = await new KnownImagePull(state, node, pod, events).PullAsync(known, name, image, cancellationToken);
        }
        else if (name.OnLoopback)
        {
            pulled = await puller.PullAsync(image, node.Definition, cancellationToken);
        }
        else if (state.Options.MissingImages.Contains(image) || name.Host.EndsWith(".invalid", StringComparison.Ordinal))
        {
            throw new PullFailedException(PullFailureText.Unknown(name, image, node.Definition.Runtime));
        }
        else
        {
            await Task.Delay(state.Options.PodStep, cancellationToken);
            pulled = PulledImage.Ordinary;
        }
        events.Pulled(Stopwatch.GetElapsedTime(start), pulled.Size);
        return pulled;
    }

    private ContainerStatus Create(JsonObject pod, JsonObject container, NodeState node, PulledImage pulled, PodEvents events)
    {
        var id = PodStatus.NewContainerId();
        var name = container.Text("name");
        var result = new RestoreRule(state.Options.Images, node, state.Writers).Decide(pulled, pod, container, id);
        if (result.Succeeded)
        {
            events.Created();
            events.Started();
            if (result.IsNameless)
            {
                // The kubelet cannot read the status of a container whose image has no name, and keeps reporting that.
                events.StatusUnknown();
                return ContainerStatus.Waiting(name, "ContainerCreating") with { IsFinal = true };
            }
            Count(container, id, node, result.Restored ? pulled.Members["config.dump"].Text("id") : null);
            if (result.Restored)
            {
                Unpack(pod.Text("metadata", "uid"), name, node, pulled);
                state.Restored.Enqueue(Source(pod, container, node, pulled));
            }
            return ContainerStatus.Started(name, id);
        }
        var waiting = ContainerStatus.Waiting(name, result.Reason, result.Message);
        if (result.Reason == StartResult.RunContainerError)
        {
            events.Created();
            if (result.RestoreLog is { } log)
                state.Run(stopping => ShowAsync(node, id, log, stopping));
            var last = ContainerStatus.Terminated(node.Definition.ContainerIdScheme + id, 128, "StartError");
            last["terminated"]!["message"] = result.Message;
            last["terminated"]!["startedAt"] = "1970-01-01T00:00:00Z";
            waiting = pod.Text("spec", "restartPolicy") == "Never"
                ? new ContainerStatus(name, id, last, false) { IsFinal = true }
                : waiting with { ContainerId = id, LastState = last };
        }
        events.Failed(result.Message);
        return waiting;
    }

    // The log is there only while CRIU runs and until the runtime has removed what it created.
    private static async Task ShowAsync(NodeState node, string id, string log, CancellationToken stopping)
    {
        var folder = node.HostPath($"/var/lib/containerd/io.containerd.runtime.v2.task/k8s.io/{id}");
        PrivateFile.CreateFolder(folder);
        await File.WriteAllTextAsync(Path.Join(folder, "restore.log"), log, stopping);
        await Task.Delay(TimeSpan.FromMilliseconds(300), stopping);
        Directory.Delete(folder, recursive: true);
    }

    private void Count(JsonObject container, string id, NodeState node, string? checkpointed)
    {
        if (checkpointed is not null && state.Writers.Restore(id, checkpointed))
            node.Cgroups.Activate(state);
        if (checkpointed is not null)
            state.Counting.Restore(id, checkpointed);
        else if (CountingContainers.IsOne(container))
            state.Counting.Start(id);
    }

    private void Unpack(string podUid, string container, NodeState node, PulledImage pulled)
    {
        if (OperatingSystem.IsWindows())
            return;
        var root = state.ContainerFiles.Create();
        RestoredFileSystem.Write(
            root, pulled.Changes.GetValueOrDefault("rootfs-diff.tar"), pulled.Changes.GetValueOrDefault("deleted.files"), node.Definition.Runtime);
        state.Options.ChangeRestoredFiles?.Invoke(root);
        state.ContainerFiles.Start(podUid, container, root, state.Options.RestoredAge);
    }

    private static RestoredContainer Source(JsonObject pod, JsonObject container, NodeState node, PulledImage pulled)
    {
        var annotations = pulled.Members["spec.dump"]["annotations"];
        string Annotation(string criO, string containerd) => annotations.At(criO) is null ? annotations.Text(containerd) : annotations.Text(criO);
        return new RestoredContainer(
            pod.Text("metadata", "namespace"),
            pod.Text("metadata", "name"),
            container.Text("name"),
            node.Name,
            container.Text("image"),
            Annotation("io.kubernetes.pod.namespace", "io.kubernetes.cri.sandbox-namespace"),
            Annotation("io.kubernetes.pod.name", "io.kubernetes.cri.sandbox-name"),
            Annotation("io.kubernetes.container.name", "io.kubernetes.cri.container-name"));
    }
}
