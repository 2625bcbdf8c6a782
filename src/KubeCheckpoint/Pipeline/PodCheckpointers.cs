using System.Collections.Concurrent;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Pipeline;

/// <summary>What asks for checkpoints through API servers: one for each cluster, until the cmdlet ends.</summary>
internal sealed class PodCheckpointers : IDisposable
{
    private readonly ConcurrentDictionary<ClusterTarget, Lazy<ContainerCheckpointer>> _checkpointers = new();

    public ContainerCheckpointer For(ClusterClient cluster, ArchiveTransfer finder) =>
        _checkpointers.GetOrAdd(cluster.Target, _ => new Lazy<ContainerCheckpointer>(() => new ContainerCheckpointer(cluster, finder))).Value;

    public void Dispose()
    {
        foreach (var checkpointer in _checkpointers.Values.Where(checkpointer => checkpointer.IsValueCreated))
            checkpointer.Value.Dispose();
    }
}
