using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Failures to copy an archive from its node.</summary>
public static class TransferFailure
{
    /// <summary>The path of an archive on a node must be absolute and plain.</summary>
    public static KubeCheckpointException NodePathInvalid(string path) => new(
        nameof(NodePathInvalid), FailureCategory.InvalidArgument, path,
        $"'{path.Shorten(200)}' cannot be the path of an archive on a node.",
        "Give an absolute path without '..', as Invoke-ContainerCheckpoint emits it in NodePath.");

    /// <summary>The archive does not lie on the node, or not at that path.</summary>
    public static KubeCheckpointException ArchiveNotOnNode(string node, string path, string words) => new(
        nameof(ArchiveNotOnNode), FailureCategory.ObjectNotFound, $"{node}:{path}",
        $"There is no readable archive '{path}' on node '{node}': {words.Shorten(300)}",
        "Check NodeName and NodePath; the archive may have been removed.");

    /// <summary>The archive still grows on its node.</summary>
    public static KubeCheckpointException ArchiveStillWritten(string node, string path) => new(
        nameof(ArchiveStillWritten), FailureCategory.ResourceBusy, $"{node}:{path}",
        $"The archive '{path}' on node '{node}' is still being written.",
        "Wait until the runtime has finished, then save it again.");

    /// <summary>The connection broke again and again without a byte arriving.</summary>
    public static KubeCheckpointException TransferBroken(string node, string path, Exception inner) => new(
        nameof(TransferBroken), FailureCategory.ConnectionError, $"{node}:{path}",
        $"The transfer of '{path}' from node '{node}' broke off again and again: {inner.InnermostMessage()}",
        "Save the archive again: what has arrived is kept as .partial and the rest is fetched.", inner);

    /// <summary>What arrived is not what lies on the node.</summary>
    public static KubeCheckpointException ArchiveVerificationFailed(string path, string expected, string actual) => new(
        nameof(ArchiveVerificationFailed), FailureCategory.SecurityError, path,
        $"'{path}' is not what lies on the node: sha256 {actual} instead of {expected}. It was removed.",
        "Save the archive again. If it happens again, something between changes the bytes.");

    /// <summary>A file of that name exists and is another one.</summary>
    public static KubeCheckpointException DestinationExists(string path) => new(
        nameof(DestinationExists), FailureCategory.ResourceExists, path,
        $"'{path}' exists and is not the archive on the node.",
        "Give another -Destination, or -Force to replace the file.");

    /// <summary>Another process writes the same file.</summary>
    public static KubeCheckpointException DestinationBusy(string path, Exception inner) => new(
        nameof(DestinationBusy), FailureCategory.ResourceBusy, path,
        $"'{path}' is being written by somebody else.",
        "Wait for the other transfer of this archive.", inner);

    /// <summary>The local file or folder cannot be written.</summary>
    public static KubeCheckpointException DestinationNotWritable(string path, Exception inner) => new(
        nameof(DestinationNotWritable), FailureCategory.WriteError, path,
        $"'{path}' cannot be written: {inner.Message}",
        "Check the destination and who may write there.", inner);

    /// <summary>The local disk has no room for the archive.</summary>
    public static KubeCheckpointException DiskFull(string path, long needed, Exception? inner = null) => new(
        nameof(DiskFull), FailureCategory.WriteError, path,
        $"There is no room for '{path}' ({needed} bytes). Nothing of it was kept.",
        "Free some space, or give another -Destination.", inner);

    /// <summary>The archive was saved and verified, but could not be deleted on its node.</summary>
    public static KubeCheckpointException RemoveSourceFailed(string node, string path, string savedAs, string words) => new(
        nameof(RemoveSourceFailed), FailureCategory.WriteError, $"{node}:{path}",
        $"'{path}' could not be deleted on node '{node}': {words.Shorten(300)}. It is saved as '{savedAs}'.",
        "Delete it on the node by hand.");
}
