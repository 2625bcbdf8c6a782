namespace KubeCheckpoint.Archives;

public static partial class ArchiveFailure
{
    /// <summary>The archive does not have the log that was asked for.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="names">The members it could be.</param>
    public static KubeCheckpointException LogNotInArchive(string path, string names) =>
        new(nameof(LogNotInArchive), FailureCategory.ObjectNotFound, path, $"'{path}' has no member '{names}'.",
            "Podman leaves dump.log on the node and a container's log out of the archive unless its log driver is k8s-file; give a dump.log of its own with -LogPath.");

    /// <summary>A log that is a file of its own cannot be read.</summary>
    /// <param name="path">The log.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException LogNotReadable(string path, Exception inner) =>
        new(nameof(LogNotReadable), FailureCategory.ReadError, path, $"The log '{path}' cannot be read: {inner.Message}",
            "Check the path and who may read the file.", inner);
}
