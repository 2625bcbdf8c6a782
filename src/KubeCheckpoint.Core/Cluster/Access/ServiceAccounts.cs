using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Access;

/// <summary>The service accounts of a cluster.</summary>
public static class ServiceAccounts
{
    /// <summary>Lists the user names of the service accounts of all namespaces.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="KubeCheckpointException">Forbidden, ClusterUnreachable and the like.</exception>
    public static Task<IReadOnlyList<string>> ListUserNamesAsync(ClusterClient cluster, CancellationToken cancellationToken) => cluster.Pods.ListAsync(
        "serviceaccounts", item => $"{WellKnownNames.ServiceAccountPrefix}{item.Text("metadata", "namespace")}:{PodApi.NameOf(item)}", cancellationToken);

    /// <summary>Lists the service accounts of all namespaces as <c>ServiceAccount:NAMESPACE/NAME</c>.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="KubeCheckpointException">Forbidden, ClusterUnreachable and the like.</exception>
    public static Task<IReadOnlyList<string>> ListAsync(ClusterClient cluster, CancellationToken cancellationToken) => cluster.Pods.ListAsync(
        "serviceaccounts", item => new AccessSubject("ServiceAccount", PodApi.NameOf(item), item.Text("metadata", "namespace")).ToString(), cancellationToken);
}
