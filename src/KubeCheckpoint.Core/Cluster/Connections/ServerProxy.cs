using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Cluster.Sockets;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>The proxy to an API server: <c>proxy-url</c> of the kubeconfig, or else that of the environment.</summary>
internal static class ServerProxy
{
    /// <summary>The proxy, or null for a direct connection.</summary>
    /// <exception cref="KubeCheckpointException">KubeConfigInvalid, ProxyInvalid.</exception>
    public static ProxyAddress? For(Uri server, KubeConfigCluster cluster)
    {
        if (cluster.ProxyUrl is null)
            return EnvironmentProxy.For(server, Environment.GetEnvironmentVariable);
        return ProxyAddress.TryParse(cluster.ProxyUrl) ?? throw KubeConfigFailure.KubeConfigInvalid(
            cluster.Location, $"'proxy-url' of the cluster '{cluster.Name}' is not the address of a proxy. Expected: {ProxyFailure.Format}.");
    }
}
