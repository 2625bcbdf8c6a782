using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Preflight;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>How long a pod will stand still, by the memory that it uses: written, sent to the registry, pulled and read again.</summary>
internal static class FreezeEstimate
{
    /// <summary>Bytes a second of all these together; a slow disk or a network of 1 Gbit/s.</summary>
    private const double Rate = 40.0 * 1024 * 1024;

    /// <summary>The start of a pod and the readiness of its containers.</summary>
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(4);

    /// <summary>The estimate and the bytes it is made from, or null if the kubelet's statistics cannot be read or do not have the pod.</summary>
    public static async Task<(TimeSpan Time, long Bytes)?> ReadAsync(ClusterClient cluster, Pod pod, CancellationToken cancellationToken)
    {
        if (pod.NodeName is not { } node || pod.PodUid is not { } uid)
            return null;
        var memory = await new KubeletReader(cluster.Server, node).GetMemoryAsync(uid, cancellationToken).ConfigureAwait(false);
        return memory.Value is { } bytes ? (Start + TimeSpan.FromSeconds(bytes.Used / Rate), bytes.Used) : null;
    }
}
