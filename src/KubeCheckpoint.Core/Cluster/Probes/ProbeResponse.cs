namespace KubeCheckpoint.Cluster.Probes;

/// <summary>The response of a pod to a probe.</summary>
/// <param name="Succeeded">True if the probe succeeded.</param>
/// <param name="Detail">A summary without content from the pod.</param>
public sealed record ProbeResponse(bool Succeeded, string Detail);
