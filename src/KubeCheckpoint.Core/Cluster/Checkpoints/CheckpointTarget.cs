using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>The container a checkpoint is asked of, and the way it is asked.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="PodName">The pod's name.</param>
/// <param name="ContainerName">The container's name.</param>
/// <param name="NodeName">The node, or null where a kubelet is asked that did not say.</param>
/// <param name="Role">Who is asked: the API server's node proxy, or the kubelet itself.</param>
/// <param name="Server">The address of who is asked.</param>
internal sealed record CheckpointTarget(
    string Namespace, string PodName, string ContainerName, string? NodeName, ServerRole Role, Uri Server)
{
    /// <summary>The node in words for a message.</summary>
    public string Where => NodeName is null ? Server.ToString() : $"node '{NodeName}'";

    public override string ToString() => $"{Namespace}/{PodName}/{ContainerName}";
}
