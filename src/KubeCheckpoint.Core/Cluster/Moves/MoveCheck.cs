using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Restore;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>Holds a pod against the node it is to be moved to, before anything is done, and says what the move means.</summary>
internal sealed class MoveCheck(ClusterClient cluster, MoveRequest request, ClusterNode node)
{
    private static readonly string[] SharedModes = ["ReadWriteMany", "ReadOnlyMany"];

    private readonly Pod _pod = request.Pod;
    private readonly JsonObject _manifest = JsonNode.Parse(request.Pod.Manifest)!.AsObject();
    private readonly ObjectApi _objects = new(cluster.Server);
    private readonly List<string> _consequences = [];

    private JsonObject Spec => _manifest["spec"]!.AsObject();

    /// <summary>Checks everything that can be checked before the checkpoint.</summary>
    /// <returns>What the move means for the pod's content, in sentences.</returns>
    /// <exception cref="KubeCheckpointException">
    /// MoveStaticPod, PodNotRunning, MoveToSameNode, NodeNotReady, NodeCordoned, NodeRuntimeUnsupported, NodeTaintNotTolerated,
    /// MoveVolumeNotShared, MoveVolumeUnreachable, MoveHostPortTaken; ClusterUnreachable and the like.
    /// </exception>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        CheckPod();
        CheckNode();
        foreach (var volume in Spec.Objects("volumes"))
            await CheckVolumeAsync(volume, cancellationToken).ConfigureAwait(false);
        await CheckHostPortsAsync(cancellationToken).ConfigureAwait(false);
        NoteTheRest();
        return _consequences;
    }

    private void CheckPod()
    {
        if ((_manifest["metadata"]?["annotations"] as JsonObject)?.ContainsKey("kubernetes.io/config.mirror") == true)
            throw MoveFailure.MoveStaticPod(_pod.Namespace, _pod.PodName);
        var isEnding = _manifest["metadata"]?["deletionTimestamp"] is not null;
        if (isEnding || PodArchives.RestorableContainers(_pod).Count == 0)
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
        var untied = Spec.DeepClone().AsObject();
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
        return Spec.Objects("tolerations").Any(toleration =>
            (toleration.Word("effect") is null || toleration.Word("effect") == effect)
            && (toleration.Word("key") is null || toleration.Word("key") == parts[0])
            && (toleration.Word("operator") == "Exists" || (toleration.Word("value") ?? "") == parts[1]));
    }

    private async Task CheckVolumeAsync(JsonObject volume, CancellationToken cancellationToken)
    {
        var name = volume.Word("name");
        if (volume.ContainsKey("emptyDir"))
            Note($"The content of the emptyDir volume '{name}' is not in a checkpoint: it starts empty.");
        if (volume["hostPath"] is JsonObject path)
            Note($"The volume '{name}' is the folder {path.Word("path")} of the node: the new pod sees that of node '{node.Name}'.");
        if (volume.ContainsKey("ephemeral"))
            Note($"The ephemeral volume '{name}' is made anew: it starts empty.");
        if ((volume["persistentVolumeClaim"] as JsonObject)?.Word("claimName") is { } claim)
            await CheckClaimAsync(claim, cancellationToken).ConfigureAwait(false);
    }

    private async Task CheckClaimAsync(string name, CancellationToken cancellationToken)
    {
        if (await FindAsync(ObjectApi.PathOf("api/v1", _pod.Namespace, "persistentvolumeclaims", name), cancellationToken).ConfigureAwait(false) is not { } claim)
        {
            Note($"Whether the volume of claim '{name}' can be on two nodes at once could not be seen.");
            return;
        }

        var modes = ((claim["status"]?["accessModes"] ?? claim["spec"]?["accessModes"]) as JsonArray ?? []).Select(mode => (string?)mode).OfType<string>().ToList();
        if (!modes.Exists(SharedModes.Contains))
            throw MoveFailure.MoveVolumeNotShared(_pod.Namespace, _pod.PodName, name, modes);
        if ((claim["spec"] as JsonObject)?.Word("volumeName") is not { } volumeName || !ResourceName.IsSubdomain(volumeName))
            return;
        var volume = await FindAsync($"api/v1/persistentvolumes/{volumeName}", cancellationToken).ConfigureAwait(false);
        if (volume?["spec"]?["nodeAffinity"]?["required"]?["nodeSelectorTerms"] is not JsonArray terms)
            return;
        var isReachable = terms.OfType<JsonObject>().Any(term => term.Objects("matchExpressions").All(expression => ObjectSelector.Holds(expression, node.Labels)));
        if (!isReachable)
            throw MoveFailure.MoveVolumeUnreachable(_pod.Namespace, _pod.PodName, name, volumeName, node.Name);
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
        var wanted = HostPorts(Spec).ToHashSet();
        if (wanted.Count == 0)
            return;
        var query = new PodQuery { AllNamespaces = true, NodeName = node.Name };
        await foreach (var other in cluster.GetPodsAsync(query, _ => { }, cancellationToken).ConfigureAwait(false))
        {
            if (other.Phase is "Succeeded" or "Failed")
                continue;
            var taken = HostPorts(JsonNode.Parse(other.Manifest)!["spec"]!.AsObject()).FirstOrDefault(wanted.Contains);
            if (taken != 0)
                throw MoveFailure.MoveHostPortTaken(_pod.Namespace, _pod.PodName, taken, node.Name, other.ToString());
        }
    }

    private static IEnumerable<int> HostPorts(JsonObject spec) => spec.Containers()
        .SelectMany(container => container.Objects("ports"))
        .Select(port => port["hostPort"] is JsonValue value && value.TryGetValue<int>(out var number) ? number : 0)
        .Where(port => port != 0);

    private void NoteTheRest()
    {
        var resting = _pod.Containers.Where(container => container.Kind == ContainerKind.Container && container.State != ContainerState.Running).ToList();
        if (resting.Count > 0)
            Note($"Containers that do not run now start from their own image: {string.Join(", ", resting)}.");
        if (_pod.Containers.Any(container => container.Kind == ContainerKind.Ephemeral))
            Note("Ephemeral containers are not moved.");
        if (Spec.Flag("hostNetwork") == true)
            Note("The pod uses the network of its node: what it has bound to an address of the old node it cannot have back.");
        if (Spec.Word("restartPolicy") != "Never")
            Note("When a restored container ends, the kubelet starts it again from the same checkpoint.");
    }

    private void Note(string sentence) => _consequences.Add(sentence);
}
