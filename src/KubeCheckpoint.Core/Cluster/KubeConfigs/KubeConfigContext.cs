namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>A context of a kubeconfig.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cluster">The name of its cluster.</param>
/// <param name="User">The name of its user.</param>
/// <param name="Namespace">Its namespace, or null.</param>
public sealed record KubeConfigContext(string Name, string? Cluster, string? User, string? Namespace)
{
    internal KubeConfigLocation? Location { get; init; }
}
