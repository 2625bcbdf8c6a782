using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Failures to copy an archive from its node.</summary>
internal static class TransferFailure
{
    /// <summary>The path of the archive on the node is not absolute, or contains '..'.</summary>
    public static KubeCheckpointException NodePathInvalid(string path) => new(
        nameof(NodePathInvalid), FailureCategory.InvalidArgument, path,
        $"'{path.Shorten(200)}' is not a valid path of an archive on a node.",
        "Give an absolute path without '..', such as the NodePath that Invoke-ContainerCheckpoint emits.");

    /// <summary>There is no readable archive at this path on the node.</summary>
    public static KubeCheckpointException ArchiveNotOnNode(string node, string path, string message) => new(
        nameof(ArchiveNotOnNode), FailureCategory.ObjectNotFound, $"{node}:{path}",
        $"There is no readable archive '{path}' on node '{node}': {message.Shorten(300)}",
        "Check NodeName and NodePath; the archive may have been deleted.");

    /// <summary>The archive is still being written on its node.</summary>
    public static KubeCheckpointException ArchiveStillWritten(string node, string path) => new(
        nameof(ArchiveStillWritten), FailureCategory.ResourceBusy, $"{node}:{path}",
        $"The archive '{path}' on node '{node}' is still being written.",
        "Wait until the runtime has finished, then save the archive again.");

    /// <summary>The connection broke several times without any data arriving.</summary>
    public static KubeCheckpointException TransferBroken(string node, string path, Exception inner) => new(
        nameof(TransferBroken), FailureCategory.ConnectionError, $"{node}:{path}",
        $"The transfer of '{path}' from node '{node}' was interrupted repeatedly: {inner.InnermostMessage()}",
        "Save the archive again: the transfer resumes from the .partial file.", inner);

    /// <summary>The copy differs from the archive on the node.</summary>
    public static KubeCheckpointException ArchiveVerificationFailed(string path, string expected, string actual) => new(
        nameof(ArchiveVerificationFailed), FailureCategory.SecurityError, path,
        $"'{path}' differs from the archive on the node: its sha256 is {actual} instead of {expected}. The copy was deleted.",
        "Save the archive again. If it fails again, something between the node and this machine changes the data.");

    /// <summary>Another process is writing the same file.</summary>
    public static KubeCheckpointException DestinationBusy(string path, Exception inner) => new(
        nameof(DestinationBusy), FailureCategory.ResourceBusy, path,
        $"Another process is writing '{path}'.",
        "Wait for the other transfer of this archive.", inner);

    /// <summary>The local disk does not have enough space for the archive.</summary>
    public static KubeCheckpointException DiskFull(string path, long needed, Exception? inner = null) => new(
        nameof(DiskFull), FailureCategory.WriteError, path,
        $"Not enough disk space for '{path}' ({needed} bytes). The partial file was deleted.",
        "Free some space, or choose another destination.", inner);

    /// <summary>The destination's disk has too little space for the archive. It was not copied.</summary>
    public static KubeCheckpointException DiskFull(string path, long needed, long available) => new(
        nameof(DiskFull), FailureCategory.WriteError, path,
        $"Not enough disk space for '{path}': it takes {needed} bytes, and {available} are free.",
        "Free some space, or choose another destination.");

    /// <summary>The archive was saved and verified, but could not be deleted on its node.</summary>
    public static KubeCheckpointException RemoveSourceFailed(string node, string path, string savedAs, string message) => new(
        nameof(RemoveSourceFailed), FailureCategory.WriteError, $"{node}:{path}",
        $"'{path}' could not be deleted on node '{node}': {message.Shorten(300)}. It is saved as '{savedAs}'.",
        "Delete it on the node yourself.");
}
