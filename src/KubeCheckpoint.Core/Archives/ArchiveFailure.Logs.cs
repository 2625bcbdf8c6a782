namespace KubeCheckpoint.Archives;

public static partial class ArchiveFailure
{
    /// <summary>The archive does not have the requested log.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="names">The members it could be.</param>
    public static KubeCheckpointException LogNotInArchive(string path, string names) =>
        new(nameof(LogNotInArchive), FailureCategory.ObjectNotFound, path, $"'{path}' has no member '{names}'.",
            "Use -LogPath for a separate dump.log. Podman leaves dump.log on the node, and includes a container's log only with the log driver "
            + "k8s-file. 'work-dir' in /etc/criu on the node makes CRIU write dump.log to another folder.");

    /// <summary>A separate log file cannot be read.</summary>
    /// <param name="path">The log.</param>
    /// <param name="inner">The error of the operating system.</param>
    public static KubeCheckpointException LogNotReadable(string path, Exception inner) =>
        new(nameof(LogNotReadable), FailureCategory.ReadError, path, $"The log '{path}' cannot be read: {inner.Message}",
            "Check the path and the permissions of the file.", inner);
}
