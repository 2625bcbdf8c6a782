using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Probes;

/// <summary>Failures of probes.</summary>
internal static class ProbeFailure
{
    /// <summary>What a probe asks cannot be read.</summary>
    public static KubeCheckpointException ProbeInvalid(string target, string kind, string example) => new(
        nameof(ProbeInvalid), FailureCategory.InvalidArgument, target,
        $"'{target.Shorten(80)}' cannot be what a probe over {kind} asks.",
        $"Give it as in {example}.");

    /// <summary>The restored pod is ready, but a probe of it failed.</summary>
    public static KubeCheckpointException ProbeFailed(string ns, string pod, PodProbeResult probe) => new(
        nameof(ProbeFailed), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' is Ready, but does not pass the probe {probe.Kind} {probe.Target}: {probe.Detail} " +
        $"({probe.Attempts} tries in {probe.Duration.TotalSeconds:0} s).",
        "See what the pod says ('kubectl logs'), or give it more time with -ProbeTimeoutSec.");
}
