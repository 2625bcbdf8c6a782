using KubeCheckpoint.Cluster.Restore;

namespace KubeCheckpoint.Pipeline;

/// <summary>
/// What one container is to be restored from: an image, an archive, or an image that cannot be read from here. Those of one pod make one pod.
/// </summary>
internal sealed record RestoreSource(ClusterTarget Cluster, RestoreImage? Image = null, CheckpointArchive? Archive = null, UnreadImage? Unread = null)
{
    /// <summary>What came down the pipeline, or was read from a path.</summary>
    public object Input => (object?)Image ?? (object?)Archive ?? Unread!.Reference;

    public string? Namespace => Image?.Namespace ?? Archive?.Namespace ?? Unread?.Namespace;

    public string? PodName => Image?.PodName ?? Archive?.PodName ?? Unread?.PodName;

    private string? PodUid => Image?.PodUid ?? Archive?.PodUid;

    /// <summary>The sources of each pod.</summary>
    public static IEnumerable<RestoreSource[]> ByPod(IEnumerable<RestoreSource> sources) =>
        sources.GroupBy(source => (source.Cluster, source.Namespace, source.PodName, source.PodUid)).Select(pod => pod.ToArray());
}
