using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Probes;

/// <summary>Failures of probes.</summary>
internal static class ProbeFailure
{
    /// <summary>The target of a probe is invalid.</summary>
    public static KubeCheckpointException ProbeInvalid(string target, string kind, string example) => new(
        nameof(ProbeInvalid), FailureCategory.InvalidArgument, target,
        $"'{target.Shorten(80)}' is not a valid target of a probe over {kind}.",
        $"Give a target such as {example}.");

    /// <summary>The restored pod is ready, but a probe of it failed.</summary>
    public static KubeCheckpointException ProbeFailed(string ns, string pod, PodProbeResult probe) => new(
        nameof(ProbeFailed), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' is Ready, but fails the probe {probe.Kind} {probe.Target}: {probe.Detail} " +
        $"({probe.Attempts} tries in {probe.Duration.TotalSeconds:0} s).",
        "See 'kubectl logs', or give it more time with -ProbeTimeoutSec.");
}
