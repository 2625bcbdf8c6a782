namespace KubeCheckpoint.Cluster.Preflight.Proof;

/// <summary>Failures of the temporary pod that a deep preflight checkpoints and restores.</summary>
internal static class ProofFailure
{
    /// <summary>The temporary pod of a preflight printed nothing.</summary>
    public static KubeCheckpointException ProofPodSilent(string ns, string pod, string node) => new(
        nameof(ProofPodSilent), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"The temporary pod '{ns}/{pod}' on node '{node}' printed nothing.",
        "Give an image with sh and sleep, such as a full busybox, with -HelperImage.");

    /// <summary>The temporary pod of a preflight did not continue after its checkpoint or restore.</summary>
    public static KubeCheckpointException ProofPodStandsStill(string ns, string pod, string node) => new(
        nameof(ProofPodStandsStill), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"The temporary pod '{ns}/{pod}' on node '{node}' does not continue: it stopped counting.",
        "See dump.log and restore.log on the node, and whether the container is still paused (crictl, runc resume).");
}
