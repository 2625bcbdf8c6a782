namespace KubeCheckpoint.Cluster.Probes;

/// <summary>What a pod answered to a probe.</summary>
/// <param name="Succeeded">True where that is good.</param>
/// <param name="Detail">The answer in a few words, without content of the pod.</param>
public sealed record ProbeResponse(bool Succeeded, string Detail);
