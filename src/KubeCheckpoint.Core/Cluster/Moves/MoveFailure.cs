using System.Globalization;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>Failures to move a pod.</summary>
internal static class MoveFailure
{
    /// <summary>The pod runs on that node already.</summary>
    public static KubeCheckpointException MoveToSameNode(string ns, string pod, string node) => new(
        nameof(MoveToSameNode), FailureCategory.InvalidArgument, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' already runs on node '{node}'.",
        "Name another node with -NodeName; Restore-Pod creates a second pod on the same node.");

    /// <summary>A static pod belongs to its node's kubelet.</summary>
    public static KubeCheckpointException MoveStaticPod(string ns, string pod) => new(
        nameof(MoveStaticPod), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' is a static pod: the kubelet of its node creates it from a file and would create it again.",
        "Move the file to the other node's manifest folder.");

    /// <summary>The target node is cordoned.</summary>
    public static KubeCheckpointException NodeCordoned(string node) => new(
        nameof(NodeCordoned), FailureCategory.InvalidOperation, node,
        $"Node '{node}' is cordoned and accepts no new pods.",
        $"Use another node, 'kubectl uncordon {node}', or move there anyway with -Force.");

    /// <summary>The target node has a taint that would evict the pod.</summary>
    public static KubeCheckpointException NodeTaintNotTolerated(string ns, string pod, string node, string taint) => new(
        nameof(NodeTaintNotTolerated), FailureCategory.InvalidOperation, node,
        $"Node '{node}' has the taint '{taint}' with effect NoExecute, which pod '{ns}/{pod}' does not tolerate: it would be evicted immediately.",
        "Use another node, or remove the taint.");

    /// <summary>The target node has a taint that keeps the scheduler from placing the pod there.</summary>
    public static KubeCheckpointException NodeTaintRepels(string ns, string pod, string node, string taint) => new(
        nameof(NodeTaintRepels), FailureCategory.InvalidOperation, node,
        $"Node '{node}' has the taint '{taint}' with effect NoSchedule, which pod '{ns}/{pod}' does not tolerate.",
        "Use another node, remove the taint, or move there anyway with -Force.");

    /// <summary>A volume can be attached to one node at a time only.</summary>
    public static KubeCheckpointException MoveVolumeNotShared(string ns, string pod, string claim, IReadOnlyCollection<string> modes) => new(
        nameof(MoveVolumeNotShared), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' mounts the claim '{claim}', whose volume ({string.Join(", ", modes)}) cannot be attached to two nodes, and both pods " +
        "exist for a while.",
        "Checkpoint and save the pod, delete it (or scale its owner down), and restore it with Restore-Pod once the volume is free.");

    /// <summary>A volume cannot be reached from the target node.</summary>
    public static KubeCheckpointException MoveVolumeUnreachable(string ns, string pod, string claim, string volume, string node) => new(
        nameof(MoveVolumeUnreachable), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' mounts the claim '{claim}', whose volume '{volume}' cannot be reached from node '{node}' (node affinity of the volume).",
        "Use a node that can reach the volume.");

    /// <summary>A host port of the pod is in use on the target node.</summary>
    public static KubeCheckpointException MoveHostPortTaken(string ns, string pod, int port, string node, string other) => new(
        nameof(MoveHostPortTaken), FailureCategory.ResourceExists, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' needs host port {port}, which pod '{other}' uses on node '{node}'.",
        "Use another node.");

    /// <summary>The pod requests more than is free on the target node.</summary>
    public static KubeCheckpointException NodeTooFull(string ns, string pod, string node, IReadOnlyList<ResourceShortage> shortages) => new(
        nameof(NodeTooFull), FailureCategory.ResourceUnavailable, $"{ns}/{pod}",
        $"Node '{node}' has too little left for pod '{ns}/{pod}': {string.Join(", ", shortages.Select(Text))}.",
        "Use another node, or free resources there: a kubelet rejects pods that request more than is free.");

    /// <summary>None of several nodes accepts the pod.</summary>
    public static KubeCheckpointException NoNodeForMove(string ns, string pod, IReadOnlyList<string> refusals, string? advice) => new(
        nameof(NoNodeForMove), FailureCategory.ResourceUnavailable, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' can move to none of the nodes.{string.Concat(refusals.Select(refusal => $"{Environment.NewLine}  {refusal}"))}",
        advice ?? "Name a node other than its own with -NodeName.");

    /// <summary>The pod's owner would not adopt the moved pod.</summary>
    public static KubeCheckpointException MoveOwnerUnsupported(string ns, string pod, string owner, string reason) => new(
        nameof(MoveOwnerUnsupported), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' belongs to {owner}. {reason}",
        "With -AsStandalone the pod is moved out of its owner, which then creates a new pod in its place.");

    /// <summary>The pod's owner is being changed.</summary>
    public static KubeCheckpointException MoveOwnerBusy(string ns, string owner, string reason) => new(
        nameof(MoveOwnerBusy), FailureCategory.ResourceBusy, $"{ns}/{owner}",
        $"{owner} in namespace '{ns}' cannot adopt a moved pod now: {reason}.",
        "Wait until all its pods are ready and no rollout or scaling is in progress.");

    /// <summary>The preflight found that a container cannot be restored on the node.</summary>
    public static KubeCheckpointException RestoreImpossible(string container, string node, IReadOnlyList<SupportCheck> failed) => new(
        nameof(RestoreImpossible), FailureCategory.InvalidOperation, container,
        $"Container '{container}' cannot be restored on node '{node}': {string.Join("; ", failed.Select(check => $"{check.Detail} ({check.Name})"))}.",
        string.Join(" ", failed.Select(check => check.Remedy).OfType<string>().Distinct().Append("Use -Force to try anyway.")));

    /// <summary>The move failed.</summary>
    public static KubeCheckpointException MoveFailed(string ns, string pod, string node, string step, string left, KubeCheckpointException inner) => new(
        nameof(MoveFailed), inner.Category, inner.Target as FailedCriuRun ?? (object)$"{ns}/{pod}",
        $"Pod '{ns}/{pod}' was not moved to node '{node}': {step} failed ({inner.ErrorId}). {inner.Message}{Environment.NewLine}" +
        left,
        inner.RecommendedAction, inner);

    /// <summary>The owner removed a pod other than the original.</summary>
    public static KubeCheckpointException MoveWrongPodRemoved(string ns, string pod, string owner, string removed, string newPod) => new(
        nameof(MoveWrongPodRemoved), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"{owner} removed pod '{removed}' instead of '{pod}': both the original '{ns}/{pod}' and the restored pod '{ns}/{newPod}' are left, " +
        "and the number of replicas is correct.",
        $"To complete the move, delete the original: its owner then creates a new pod in its place. To undo it, delete '{newPod}'.");

    /// <summary>The owner did not adopt the restored pod.</summary>
    public static KubeCheckpointException MoveNotAdopted(string ns, string newPod, string owner, TimeSpan timeout) => new(
        nameof(MoveNotAdopted), FailureCategory.OperationTimeout, $"{ns}/{newPod}",
        $"{owner} did not adopt the restored pod '{ns}/{newPod}' and remove the original within {timeout.TotalSeconds:0} s.",
        "Check that kube-controller-manager runs, and see 'kubectl describe' of the owner.");

    /// <summary>The new pod is ready; the original could not be deleted.</summary>
    public static KubeCheckpointException MoveOriginalNotRemoved(string ns, string pod, string newPod, string message) => new(
        nameof(MoveOriginalNotRemoved), FailureCategory.WriteError, $"{ns}/{pod}",
        $"The new pod '{ns}/{newPod}' is ready, but the original '{ns}/{pod}' could not be deleted: {message.Shorten(300)}. Both run.",
        $"Delete one of them: kubectl delete pod {pod} -n {ns}");

    /// <summary>The deletion of the original was refused while it was frozen.</summary>
    public static KubeCheckpointException MoveNotCommitted(string ns, string pod, string message) => new(
        nameof(MoveNotCommitted), FailureCategory.WriteError, $"{ns}/{pod}",
        $"The original '{ns}/{pod}' could not be deleted: {message.Shorten(300)}",
        "See whether an admission webhook or a policy refuses the deletion.");

    /// <summary>The Job that removes the copy when this process dies did not start.</summary>
    public static KubeCheckpointException MoveLeaseNotStarted(string ns, string job, TimeSpan limit) => new(
        nameof(MoveLeaseNotStarted), FailureCategory.OperationTimeout, $"{ns}/{job}",
        $"The pod of Job '{ns}/{job}' did not start within {limit.TotalSeconds:0} s.",
        $"See 'kubectl describe job {job} -n {ns}'.");

    /// <summary>The pod would be frozen for longer than it may.</summary>
    public static KubeCheckpointException MoveFreezeTooLong(string ns, string pod, TimeSpan estimate, long memory, TimeSpan limit, string? container) => new(
        nameof(MoveFreezeTooLong), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' uses {CheckText.Size(memory)} of memory and would be frozen for about {estimate.TotalSeconds:0} s, but may for " +
        $"{Math.Max(0, limit.TotalSeconds):0} s{(container is null ? "" : $": then the liveness probe of container '{container}' would have it killed")}.",
        "Allow more with -MaxFreezeSec, try anyway with -Force, or move it without holding it with -NoFreeze: what it does after its checkpoint is lost.");

    /// <summary>A hook before the move failed.</summary>
    public static KubeCheckpointException MoveHookFailed(string ns, string pod, string hook, string reason) => new(
        nameof(MoveHookFailed), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"The hook '{hook}' before the move of pod '{ns}/{pod}' failed: {reason.Shorten(300)}. The pod was not touched.",
        "Correct the hook (-Before, or the annotation kubecheckpoint.io/before-move of the pod).");

    /// <summary>An annotation of the pod asks for a hook in a form that is not known.</summary>
    public static KubeCheckpointException MoveHookInvalid(string ns, string pod, string annotation, string reason) => new(
        nameof(MoveHookInvalid), FailureCategory.InvalidArgument, $"{ns}/{pod}",
        $"The annotation {annotation} of pod '{ns}/{pod}' cannot be used: {reason}.",
        $"Correct it: kubectl annotate pod {pod} -n {ns} --overwrite {annotation}=...");

    private static string Text(ResourceShortage shortage) => shortage.Name is "memory" or "ephemeral-storage"
        ? $"{shortage.Name} (requested {CheckText.Size((long)shortage.Requested)}, free {CheckText.Size((long)shortage.Free)})"
        : string.Create(CultureInfo.InvariantCulture, $"{shortage.Name} (requested {shortage.Requested:0.###}, free {shortage.Free:0.###})");
}
