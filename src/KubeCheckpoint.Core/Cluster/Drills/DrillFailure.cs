namespace KubeCheckpoint.Cluster.Drills;

/// <summary>Failures to rehearse a restore.</summary>
internal static class DrillFailure
{
    /// <summary>A block device cannot be stood in for.</summary>
    public static KubeCheckpointException DrillVolumeUnsupported(string pod, string volume) => new(
        nameof(DrillVolumeUnsupported), FailureCategory.NotImplemented, pod,
        $"Pod '{pod}' has the volume '{volume}' as a block device, which the original uses and nothing can stand in for in a drill.",
        "Rehearse with a pod that does without that volume.");

    /// <summary>What the pod refers to is not there.</summary>
    public static KubeCheckpointException DrillObjectMissing(string kind, string ns, string name) => new(
        nameof(DrillObjectMissing), FailureCategory.ObjectNotFound, $"{ns}/{name}",
        $"The pod refers to {kind} '{name}', which is not in namespace '{ns}' (any more): a pod that is restored would not start.",
        "Make it again, or change the manifest.");
}
