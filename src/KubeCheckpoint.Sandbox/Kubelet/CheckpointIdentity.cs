namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Whose checkpoint an archive is to be.</summary>
internal sealed record CheckpointIdentity(
    string Namespace, string PodName, string ContainerName, string PodUid, string ContainerId, string PodIp, DateTimeOffset Time);
