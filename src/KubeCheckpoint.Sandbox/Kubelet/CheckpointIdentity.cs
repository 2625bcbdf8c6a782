namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>The identity of the container that an archive is to name.</summary>
internal sealed record CheckpointIdentity(
    string Namespace, string PodName, string ContainerName, string PodUid, string ContainerId, string PodIp, DateTimeOffset Time);
