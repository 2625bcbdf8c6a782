using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>A container to checkpoint, and the server that receives the request.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="PodName">The pod's name.</param>
/// <param name="ContainerName">The container's name.</param>
/// <param name="NodeName">The node, or null for a kubelet that did not report it.</param>
/// <param name="Role">The server: the API server's node proxy, or the kubelet itself.</param>
/// <param name="Server">The address of the server.</param>
internal sealed record CheckpointTarget(
    string Namespace, string PodName, string ContainerName, string? NodeName, ServerRole Role, Uri Server)
{
    /// <summary>The node, for messages.</summary>
    public string Where => NodeName is null ? Server.ToString() : $"node '{NodeName}'";

    /// <summary>The path of the container's archives on the node, with a wildcard for the time.</summary>
    public string ArchivePattern => $"{ArchiveTransfer.CheckpointFolder}/{ArchivePrefix}*.tar";

    /// <summary>The beginning of the file names of the container's archives.</summary>
    public string ArchivePrefix => PrefixOf(Namespace, PodName, ContainerName);

    /// <summary>The beginning of the file names of a container's archives.</summary>
    public static string PrefixOf(string ns, string pod, string container) => $"checkpoint-{pod}_{ns}-{container}-";

    public override string ToString() => $"{Namespace}/{PodName}/{ContainerName}";
}
