namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>What a context stands for.</summary>
/// <param name="Cluster">The cluster, which has a server.</param>
/// <param name="User">The user; one without credentials if the context names none.</param>
/// <param name="Namespace">The default namespace.</param>
internal sealed record ClusterAccess(KubeConfigCluster Cluster, KubeConfigUser User, string Namespace)
{
    public const string DefaultNamespace = "default";
}
