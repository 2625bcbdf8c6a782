using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Preflight;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>How long a pod will be frozen, by the memory that it uses: written, sent to the registry, pulled and read again.</summary>
internal static class FreezeEstimate
{
    /// <summary>Bytes a second of all these together; a slow disk or a network of 1 Gbit/s.</summary>
    private const double Rate = 40.0 * 1024 * 1024;

    /// <summary>The start of a pod and the readiness of its containers.</summary>
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(4);

    /// <summary>The estimate and the bytes it is made from: none if the kubelet's statistics cannot be read or do not have the pod.</summary>
    public static async Task<(TimeSpan Time, long Bytes)> ReadAsync(ClusterClient cluster, Pod pod, CancellationToken cancellationToken)
    {
        if (pod.NodeName is not { } node || pod.PodUid is not { } uid)
            return (Start, 0);
        var memory = await new KubeletReader(cluster.Server, node).GetMemoryAsync(uid, cancellationToken).ConfigureAwait(false);
        var bytes = memory.Value?.Used ?? 0;
        return (Start + TimeSpan.FromSeconds(bytes / Rate), bytes);
    }
}
