namespace KubeCheckpoint.Pipeline;

/// <summary>What one container is to be restored from: an image or an archive. Those of one pod make one pod.</summary>
internal sealed record RestoreSource(ClusterTarget Cluster, RestoreImage? Image = null, CheckpointArchive? Archive = null)
{
    /// <summary>What came down the pipeline, or was read from a path.</summary>
    public object Input => Image ?? (object)Archive!;

    public string? Namespace => Image is null ? Archive!.Namespace : Image.Namespace;

    public string? PodName => Image is null ? Archive!.PodName : Image.PodName;

    private string? PodUid => Image is null ? Archive!.PodUid : Image.PodUid;

    /// <summary>The sources of each pod.</summary>
    public static IEnumerable<RestoreSource[]> ByPod(IEnumerable<RestoreSource> sources) =>
        sources.GroupBy(source => (source.Cluster, source.Namespace, source.PodName, source.PodUid)).Select(pod => pod.ToArray());
}
