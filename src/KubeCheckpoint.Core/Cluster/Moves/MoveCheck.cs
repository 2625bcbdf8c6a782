using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Volumes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>Checks whether a pod can be moved to a node before anything is changed, and lists what the move means for it.</summary>
internal sealed class MoveCheck(ClusterClient cluster, MoveRequest request, ClusterNode node, PodDocument manifest)
{
    private const string EnforceLabel = "pod-security.kubernetes.io/enforce";

    private static readonly string[] SharedModes = ["ReadWriteMany", "ReadOnlyMany"];

    private readonly Pod _pod = request.Pod;
    private readonly ObjectApi _objects = new(cluster.Server);
    private readonly List<string> _consequences = [];

    /// <summary>Checks everything that can be checked before the checkpoint.</summary>
    /// <returns>What the move means for the pod, in sentences.</returns>
    /// <exception cref="KubeCheckpointException">
    /// MoveStaticPod, PodNotRunning, MoveToSameNode, NodeNotReady, NodeCordoned, NodeRuntimeUnsupported, NodeTaintNotTolerated,
    /// MoveVolumeNotShared, MoveVolumeUnreachable, VolumePodRefused, MoveHostPortTaken; ClusterUnreachable and the like.
    /// </exception>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        CheckPod();
        CheckNode();
        foreach (var volume in manifest.Volumes)
            await CheckVolumeAsync(volume, cancellationToken).ConfigureAwait(false);
        await CheckPodSecurityAsync(cancellationToken).ConfigureAwait(false);
        await CheckHostPortsAsync(cancellationToken).ConfigureAwait(false);
        NoteTheRest();
        return _consequences;
    }

    private void CheckPod()
    {
        if (manifest.IsStatic)
            throw MoveFailure.MoveStaticPod(_pod.Namespace, _pod.PodName);
        if (_pod.IsEnding || PodArchives.RestorableContainers(_pod).Count == 0)
            throw CheckpointFailure.PodNotRunning(_pod.Namespace, _pod.PodName, _pod.Status);
    }

    private void CheckNode()
    {
        if (node.Name == _pod.NodeName)
            throw MoveFailure.MoveToSameNode(_pod.Namespace, _pod.PodName, node.Name);
        if (!node.IsReady)
            throw PlacementFailure.NodeNotReady(node.Name);
        if (node.IsUnschedulable && !request.Force)
            throw MoveFailure.NodeCordoned(node.Name);
        if (node.Runtime is null)
            throw PlacementFailure.NodeRuntimeUnsupported(node.Name, node.RuntimeName);
        var untied = manifest.Spec.DeepClone().AsObject();
        NodeRestriction.Untie(untied);
        if (NodeRestriction.Mismatch(untied, node) is { } mismatch)
            throw PlacementFailure.NodeSelectorMismatch(_pod.PodName, node.Name, mismatch);
        if (node.EvictingTaints.FirstOrDefault(taint => !IsTolerated(taint, "NoExecute")) is { } evicting)
            throw MoveFailure.NodeTaintNotTolerated(_pod.Namespace, _pod.PodName, node.Name, evicting);
        if (!request.Force && node.RepellingTaints.FirstOrDefault(taint => !IsTolerated(taint, "NoSchedule")) is { } repelling)
            throw MoveFailure.NodeTaintRepels(_pod.Namespace, _pod.PodName, node.Name, repelling);
    }

    private bool IsTolerated(string taint, string effect)
    {
        var parts = taint.Split('=', 2);
        return manifest.Spec.Objects("tolerations").Any(toleration =>
            (toleration.Text("effect") is null || toleration.Text("effect") == effect)
            && (toleration.Text("key") is null || toleration.Text("key") == parts[0])
            && (toleration.Text("operator") == "Exists" || (toleration.Text("value") ?? "") == parts[1]));
    }

    private async Task CheckVolumeAsync(JsonObject volume, CancellationToken cancellationToken)
    {
        var name = volume.Text("name");
        if (volume.ContainsKey("emptyDir"))
            NoteEmptyDir(name ?? "");
        if (volume.Object("hostPath") is { } path)
            Note($"The volume '{name}' is the node's folder {path.Text("path")}: the new pod uses the folder of node '{node.Name}', with what is in it there.");
        if (volume.ContainsKey("ephemeral"))
            Note($"The ephemeral volume '{name}' is created again and starts empty.");
        if (volume.Object("persistentVolumeClaim")?.Text("claimName") is { } claim)
            await CheckClaimAsync(claim, cancellationToken).ConfigureAwait(false);
    }

    private void NoteEmptyDir(string name)
    {
        if (request.Volumes is null)
            Note($"The emptyDir volume '{name}' starts empty: its content is left behind.");
        else if (!manifest.CopyableEmptyDirs.Contains(name))
            Note($"The emptyDir volume '{name}' starts empty: files of huge pages cannot be copied.");
        else if (Mounting.Contains(name))
            Note($"The content of the emptyDir volume '{name}' is copied to the new pod.");
        else
            Note($"The emptyDir volume '{name}' starts empty: no container that is restored mounts it.");
    }

    /// <summary>The volumes that the containers to restore mount.</summary>
    private IEnumerable<string?> Mounting => PodArchives.RestorableContainers(_pod).Select(manifest.FindContainer)
        .SelectMany(container => container?.Objects("volumeMounts") ?? []).Select(mount => mount.Text("name"));

    /// <summary>The init container that puts volumes back runs as root, to give files their owners.</summary>
    private async Task CheckPodSecurityAsync(CancellationToken cancellationToken)
    {
        if (request.Volumes is null || !manifest.CopyableEmptyDirs.Intersect(Mounting).Any())
            return;
        var ns = await FindAsync($"api/v1/namespaces/{_pod.Namespace}", cancellationToken).ConfigureAwait(false);
        if (ns?.Object("metadata")?.Object("labels")?.Text(EnforceLabel) == "restricted")
            throw VolumeFailure.VolumePodRefused(_pod.Namespace, "its pod security standard is restricted.");
    }

    private async Task CheckClaimAsync(string name, CancellationToken cancellationToken)
    {
        var path = ObjectApi.PathOf("api/v1", _pod.Namespace, "persistentvolumeclaims", name);
        if (await FindAsync(path, cancellationToken).ConfigureAwait(false) is not { } claim)
        {
            Note($"The claim '{name}' cannot be read: its volume may not be attachable to two nodes at once.");
            return;
        }

        var modes = (Modes("status") ?? Modes("spec") ?? []).ToList();
        if (!modes.Exists(SharedModes.Contains))
            throw MoveFailure.MoveVolumeNotShared(_pod.Namespace, _pod.PodName, name, modes);
        if (claim.Object("spec")?.Text("volumeName") is not { } volumeName || !ResourceName.IsSubdomain(volumeName))
            return;
        var volume = await FindAsync($"api/v1/persistentvolumes/{volumeName}", cancellationToken).ConfigureAwait(false);
        if (volume?.Object("spec")?.Object("nodeAffinity")?.Object("required") is not { } required || !required.ContainsKey("nodeSelectorTerms"))
            return;
        if (!required.Objects("nodeSelectorTerms").Any(IsMet))
            throw MoveFailure.MoveVolumeUnreachable(_pod.Namespace, _pod.PodName, name, volumeName, node.Name);

        bool IsMet(JsonObject term) => term.Objects("matchExpressions").All(expression => ObjectSelector.Holds(expression, node.Labels));

        IEnumerable<string>? Modes(string part) => claim.Object(part) is { } holder && holder.ContainsKey("accessModes") ? holder.Texts("accessModes") : null;
    }

    private async Task<JsonObject?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await _objects.FindAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId == nameof(ConnectionFailure.Forbidden))
        {
            return null;
        }
    }

    private async Task CheckHostPortsAsync(CancellationToken cancellationToken)
    {
        var wanted = manifest.HostPorts.ToHashSet();
        if (wanted.Count == 0)
            return;
        var query = new PodQuery { AllNamespaces = true, NodeName = node.Name };
        await foreach (var other in cluster.GetPodsAsync(query, _ => { }, cancellationToken).ConfigureAwait(false))
        {
            if (other.Phase is "Succeeded" or "Failed")
                continue;
            var taken = PodDocument.Parse(other.Manifest).HostPorts.FirstOrDefault(wanted.Contains);
            if (taken != 0)
                throw MoveFailure.MoveHostPortTaken(_pod.Namespace, _pod.PodName, taken, node.Name, other.ToString());
        }
    }

    private void NoteTheRest()
    {
        var resting = _pod.Containers.Where(container => container.Kind == ContainerKind.Container && container.State != ContainerState.Running).ToList();
        if (resting.Count > 0)
            Note($"Containers that are not running now start from their own images: {string.Join(", ", resting)}.");
        if (_pod.Containers.Any(container => container.Kind == ContainerKind.Ephemeral))
            Note("Ephemeral containers are not moved.");
        if (manifest.UsesHostNetwork)
            Note("The pod uses the network of its node: sockets that are bound to an address of the old node cannot be restored.");
        if (manifest.RestartsContainers)
            Note("If a restored container exits, the kubelet restarts it from the same checkpoint; later work is lost.");
    }

    private void Note(string sentence) => _consequences.Add(sentence);
}
