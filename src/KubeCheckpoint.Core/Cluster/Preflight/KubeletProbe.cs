namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>The result of probing a kubelet's checkpoint endpoint.</summary>
/// <param name="Result">The result.</param>
/// <param name="Message">The message of the server.</param>
internal sealed record KubeletProbe(ProbeResult Result, string Message);
