namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>The answer to a probe.</summary>
/// <param name="Result">What it means.</param>
/// <param name="Message">What was said.</param>
internal sealed record KubeletProbe(ProbeResult Result, string Message);
