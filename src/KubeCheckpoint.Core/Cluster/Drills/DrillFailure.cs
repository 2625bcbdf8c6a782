namespace KubeCheckpoint.Cluster.Drills;

/// <summary>Failures to rehearse a restore.</summary>
internal static class DrillFailure
{
    /// <summary>The pod uses a block device, which a drill cannot replace.</summary>
    public static KubeCheckpointException DrillVolumeUnsupported(string pod, string volume) => new(
        nameof(DrillVolumeUnsupported), FailureCategory.NotImplemented, pod,
        $"Pod '{pod}' uses the volume '{volume}' as a block device, which a drill cannot replace.",
        "Rehearse with a pod without that volume.");

    /// <summary>An object that the pod refers to does not exist.</summary>
    public static KubeCheckpointException DrillObjectMissing(string kind, string ns, string name) => new(
        nameof(DrillObjectMissing), FailureCategory.ObjectNotFound, $"{ns}/{name}",
        $"The pod refers to {kind} '{name}', which does not exist in namespace '{ns}': a restored pod would not start.",
        "Create it again, or change the manifest.");
}
