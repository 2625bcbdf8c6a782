namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Failures to find a node for a restored pod.</summary>
internal static class PlacementFailure
{
    /// <summary>The target node is not Ready.</summary>
    public static KubeCheckpointException NodeNotReady(string node) => new(
        nameof(NodeNotReady), FailureCategory.ResourceUnavailable, node,
        $"Node '{node}' is not Ready.",
        "See 'kubectl describe node' for why, or take another node.");

    /// <summary>The target node's runtime cannot restore containers.</summary>
    public static KubeCheckpointException NodeRuntimeUnsupported(string node, string? runtime) => new(
        nameof(NodeRuntimeUnsupported), FailureCategory.NotImplemented, node,
        $"Node '{node}' runs {runtime ?? "a runtime that does not say what it is"}, which cannot restore containers.",
        "Take a node with CRI-O or containerd.");

    /// <summary>The checkpoint was taken on another architecture.</summary>
    public static KubeCheckpointException NodeArchitectureDiffers(string pod, string architecture, string node, string nodeArchitecture) => new(
        nameof(NodeArchitectureDiffers), FailureCategory.InvalidOperation, node,
        $"The checkpoint of '{pod}' is of {architecture}, and node '{node}' is {nodeArchitecture}.",
        $"Take a node with {architecture}.");

    /// <summary>The target node is not one that the pod lets itself run on.</summary>
    public static KubeCheckpointException NodeSelectorMismatch(string pod, string node, string words) => new(
        nameof(NodeSelectorMismatch), FailureCategory.InvalidOperation, node,
        $"Node '{node}' is not one that pod '{pod}' lets itself run on ({words}): its kubelet would refuse the pod.",
        "Take a node that fits, label this one, or change nodeSelector and affinity with Restore-Pod -Patch.");

    /// <summary>The image was made for the other runtime.</summary>
    public static KubeCheckpointException RestoreImageOtherRuntime(
        string reference, CheckpointEngine made, string node, CheckpointEngine runtime) => new(
        nameof(RestoreImageOtherRuntime), FailureCategory.InvalidOperation, reference,
        $"The restore image '{reference}' is for {made}, and node '{node}' runs {runtime}.",
        $"Make it anew with New-RestoreImage -TargetRuntime {runtime}, pass the archive to Restore-Pod, or take a node with {made}.");

    /// <summary>The images of one pod are for several runtimes.</summary>
    public static KubeCheckpointException RestoreImagesDiffer(string pod, IReadOnlyCollection<string> images) => new(
        nameof(RestoreImagesDiffer), FailureCategory.InvalidArgument, pod,
        $"The restore images of pod '{pod}' are for several runtimes, and a pod has one: {string.Join(", ", images)}.",
        "Make them all for one runtime with New-RestoreImage -TargetRuntime.");

    /// <summary>No node that takes pods has a runtime that restores the checkpoint.</summary>
    public static KubeCheckpointException NoSuitableNode(
        string pod, IReadOnlyCollection<CheckpointEngine> runtimes, IReadOnlyCollection<string> architectures) => new(
        nameof(NoSuitableNode), FailureCategory.ResourceUnavailable, pod,
        $"No node that is Ready and takes pods can restore '{pod}': it needs {string.Join(" or ", runtimes)}" +
        $"{(architectures.Count == 0 ? "" : $" on {string.Join(" and ", architectures)}")}.",
        "See 'kubectl get nodes -o wide'. A cordoned node can be named with -NodeName.");
}
