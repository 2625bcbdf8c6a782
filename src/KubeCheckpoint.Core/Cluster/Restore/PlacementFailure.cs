namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Failures to find a node for a restored pod.</summary>
internal static class PlacementFailure
{
    /// <summary>The target node is not Ready.</summary>
    public static KubeCheckpointException NodeNotReady(string node) => new(
        nameof(NodeNotReady), FailureCategory.ResourceUnavailable, node,
        $"Node '{node}' is not Ready.",
        "See 'kubectl describe node' for why, or use another node.");

    /// <summary>The target node's runtime cannot restore containers.</summary>
    public static KubeCheckpointException NodeRuntimeUnsupported(string node, string? runtime) => new(
        nameof(NodeRuntimeUnsupported), FailureCategory.NotImplemented, node,
        $"Node '{node}' runs {runtime ?? "an unknown runtime"}, which cannot restore containers.",
        "Use a node with CRI-O or containerd.");

    /// <summary>The checkpoint was taken on another architecture.</summary>
    public static KubeCheckpointException NodeArchitectureDiffers(string pod, string architecture, string node, string nodeArchitecture) => new(
        nameof(NodeArchitectureDiffers), FailureCategory.InvalidOperation, node,
        $"The checkpoint of '{pod}' is from {architecture}, and node '{node}' is {nodeArchitecture}.",
        $"Use a node with {architecture}.");

    /// <summary>The target node does not match the pod's node selector or affinity.</summary>
    public static KubeCheckpointException NodeSelectorMismatch(string pod, string node, string message) => new(
        nameof(NodeSelectorMismatch), FailureCategory.InvalidOperation, node,
        $"Node '{node}' does not match the constraints of pod '{pod}' ({message}): its kubelet would reject the pod.",
        "Use a node that matches, label this one, or change nodeSelector and affinity with Restore-Pod -Patch.");

    /// <summary>The image was built for another runtime.</summary>
    public static KubeCheckpointException RestoreImageOtherRuntime(
        string reference, CheckpointEngine made, string node, CheckpointEngine runtime) => new(
        nameof(RestoreImageOtherRuntime), FailureCategory.InvalidOperation, reference,
        $"The restore image '{reference}' is for {made}, and node '{node}' runs {runtime}.",
        $"Build it again with New-RestoreImage -TargetRuntime {runtime}, pass the archive to Restore-Pod, or use a node with {made}.");

    /// <summary>The images of one pod were built for different runtimes.</summary>
    public static KubeCheckpointException RestoreImagesDiffer(string pod, IReadOnlyCollection<string> images) => new(
        nameof(RestoreImagesDiffer), FailureCategory.InvalidArgument, pod,
        $"The restore images of pod '{pod}' are for different runtimes, but a pod runs on one: {string.Join(", ", images)}.",
        "Build them all for one runtime with New-RestoreImage -TargetRuntime.");

    /// <summary>No schedulable node has a runtime that can restore the checkpoint.</summary>
    public static KubeCheckpointException NoSuitableNode(
        string pod, IReadOnlyCollection<CheckpointEngine> runtimes, IReadOnlyCollection<string> architectures) => new(
        nameof(NoSuitableNode), FailureCategory.ResourceUnavailable, pod,
        $"No Ready and schedulable node can restore '{pod}': it needs {string.Join(" or ", runtimes)}" +
        $"{(architectures.Count == 0 ? "" : $" on {string.Join(" and ", architectures)}")}.",
        "See 'kubectl get nodes -o wide'. A cordoned node can be named with -NodeName.");
}
