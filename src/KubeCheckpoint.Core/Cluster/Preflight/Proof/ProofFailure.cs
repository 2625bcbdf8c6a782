namespace KubeCheckpoint.Cluster.Preflight.Proof;

/// <summary>Failures of the pod that a deep preflight checkpoints.</summary>
public static class ProofFailure
{
    /// <summary>The throw-away pod of a preflight printed nothing.</summary>
    public static KubeCheckpointException ProofPodSilent(string ns, string pod, string node) => new(
        nameof(ProofPodSilent), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"The pod '{ns}/{pod}' that was to be checkpointed on node '{node}' printed nothing.",
        "Give an image with sh and sleep with -HelperImage, such as a full busybox.");

    /// <summary>The throw-away pod of a preflight did not go on after its checkpoint or restore.</summary>
    public static KubeCheckpointException ProofPodStandsStill(string ns, string pod, string node) => new(
        nameof(ProofPodStandsStill), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"The pod '{ns}/{pod}' on node '{node}' stands still: it does not go on counting.",
        "See dump.log and restore.log on the node, and whether the container is still paused (crictl, runc resume).");
}
