namespace KubeCheckpoint.Archives;

/// <summary>What a restore by a runtime needs to know of the container. CRIU images without config.dump and spec.dump do not say it.</summary>
internal static class KnownContainer
{
    /// <exception cref="KubeCheckpointException">ContainerUnknown.</exception>
    public static CheckpointEngine RequireEngine(this CheckpointArchive archive) => archive.Engine ?? throw ArchiveFailure.ContainerUnknown(archive.Path);

    /// <exception cref="KubeCheckpointException">ContainerUnknown.</exception>
    public static string RequireContainerName(this CheckpointArchive archive) => archive.ContainerName ?? throw ArchiveFailure.ContainerUnknown(archive.Path);
}
