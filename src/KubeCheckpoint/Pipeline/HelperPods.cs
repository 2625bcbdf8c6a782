using System.Collections.Concurrent;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Pipeline;

/// <summary>What brings archives off the nodes of clusters: one for each cluster, with its helper pods, until the cmdlet ends.</summary>
internal sealed class HelperPods(Func<ClusterTarget, ClusterClient> connect, Func<ArchiveTransferOptions> options)
{
    private readonly ConcurrentDictionary<ClusterTarget, Lazy<ArchiveTransfer>> _transfers = new();

    public ArchiveTransfer For(ClusterTarget cluster) => _transfers.GetOrAdd(
        cluster, _ => new Lazy<ArchiveTransfer>(() => new ArchiveTransfer(connect(cluster), options()))).Value;

    public async Task RemoveAsync()
    {
        foreach (var transfer in _transfers.Values.Where(transfer => transfer.IsValueCreated))
            await transfer.Value.DisposeAsync();
    }
}
