using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>Failures to keep the content of volumes, and to put it back.</summary>
public static class VolumeFailure
{
    private const string SaveAgain =
        "Save it again with Save-CheckpointArchive -IncludeVolumes -Force while the pod still exists, or use Restore-Pod -SkipVolumes.";

    /// <summary>It is not known which pod an archive belongs to.</summary>
    public static KubeCheckpointException VolumePodUnknown(string nodePath) => new(
        nameof(VolumePodUnknown), FailureCategory.InvalidArgument, nodePath,
        $"The volumes of '{nodePath.Shorten(300)}' cannot be saved: its pod is not known.",
        "Pass the output of Invoke-ContainerCheckpoint, which names the pod (PodUid, ContainerName, PodManifest).");

    /// <summary>A volume could not be read from its node.</summary>
    public static KubeCheckpointException VolumeNotSaved(string node, string volume, string message, Exception? inner = null) => new(
        nameof(VolumeNotSaved), FailureCategory.ReadError, $"{node}:{volume}",
        $"The volume '{volume}' could not be read from node '{node}': {message.Shorten(400)}",
        "Save the archive again. If files are truncated while they are read, GNU tar can read them: Save-CheckpointArchive -HelperImage debian:stable-slim.",
        inner);

    /// <summary>A volume grew while it was read, far beyond its size before.</summary>
    public static KubeCheckpointException VolumeGrew(string node, string volume, long expected, long received) => new(
        nameof(VolumeGrew), FailureCategory.InvalidData, $"{node}:{volume}",
        $"The volume '{volume}' on node '{node}' grows while it is read: {received} bytes have arrived, and it had {expected}.",
        "Stop what writes to it, and save the archive again.");

    /// <summary>A tar differs from what was read on the node, or from what was saved.</summary>
    public static KubeCheckpointException VolumeVerificationFailed(string path, string expected, string actual) => new(
        nameof(VolumeVerificationFailed), FailureCategory.SecurityError, path,
        $"'{path}' is not the content of the volume that was saved: its sha256 is {actual} instead of {expected}.",
        SaveAgain);

    /// <summary>The tar of a volume is missing beside the archive.</summary>
    public static KubeCheckpointException VolumeFileMissing(string path, Exception? inner = null) => new(
        nameof(VolumeFileMissing), FailureCategory.ObjectNotFound, path,
        $"The volume '{path}' is listed beside the archive and cannot be read: {inner?.Message ?? "it is missing"}",
        SaveAgain, inner);

    /// <summary>A path has no volumes.</summary>
    public static KubeCheckpointException VolumesNotFound(string path) => new(
        nameof(VolumesNotFound), FailureCategory.ObjectNotFound, path,
        $"There are no volumes at '{path}'.",
        "Give an archive that Save-CheckpointArchive -IncludeVolumes has saved, or the folder of such archives.");

    /// <summary>The volumes were saved with another archive.</summary>
    public static KubeCheckpointException VolumesOfOtherArchive(string path, string archive) => new(
        nameof(VolumesOfOtherArchive), FailureCategory.InvalidData, path,
        $"'{path}' was saved with another checkpoint than '{archive}'.",
        "Restore with the volumes of that checkpoint, with Restore-Pod -SkipVolumes, or with Restore-Pod -Force to use these.");

    /// <summary>A volume does not fit into the size limit of the emptyDir.</summary>
    public static KubeCheckpointException VolumeTooLarge(string pod, string volume, long size, string limit) => new(
        nameof(VolumeTooLarge), FailureCategory.InvalidData, $"{pod}/{volume}",
        $"Volume '{volume}' of pod '{pod}' has a size limit of {limit}, and its saved content has {size} bytes.",
        "Raise the limit with Restore-Pod -Patch, or leave the content out with Restore-Pod -SkipVolumes.");

    /// <summary>The content of a volume could not be put into the restored pod.</summary>
    public static KubeCheckpointException VolumeNotRestored(string pod, string volume, string message, Exception? inner = null) => new(
        nameof(VolumeNotRestored), FailureCategory.WriteError, $"{pod}/{volume}",
        $"The content of volume '{volume}' could not be put into pod '{pod}': {message.Shorten(400)}",
        message.Contains("No space left", StringComparison.OrdinalIgnoreCase)
            ? "The volume or the node's disk is full: raise the sizeLimit of the volume with Restore-Pod -Patch, or choose another node."
            : "The pod still exists; delete it before you try again. Restore-Pod -SkipVolumes leaves the content out.",
        inner);

    /// <summary>A volume has what only GNU tar restores, and the image of the init container has no GNU tar.</summary>
    public static KubeCheckpointException VolumeRequiresGnuTar(string pod, string volume, string image) => new(
        nameof(VolumeRequiresGnuTar), FailureCategory.NotEnabled, $"{pod}/{volume}",
        $"Volume '{volume}' has extended attributes, sparse files or long names, and the image '{image}' has no GNU tar to restore them.",
        "Give an image with GNU tar, such as debian:stable-slim, with Restore-Pod -HelperImage. Delete the pod before you try again.");

    /// <summary>Pod security does not allow the init container, which gives files their owners.</summary>
    public static KubeCheckpointException VolumePodRefused(string ns, string message, Exception? inner = null) => new(
        nameof(VolumePodRefused), FailureCategory.PermissionDenied, ns,
        $"Namespace '{ns}' does not allow the init container that puts volumes back, which runs as root: {message.Shorten(600)}",
        "Restore in a namespace with the pod security standard baseline or privileged, or leave the volumes out with Restore-Pod -SkipVolumes or " +
        "Move-Pod -SkipVolumes.", inner);

    /// <summary>The user may not run commands in the restored pod.</summary>
    public static KubeCheckpointException VolumeExecForbidden(string ns, string message, Exception inner) => new(
        nameof(VolumeExecForbidden), FailureCategory.PermissionDenied, $"{ns}/pods/exec",
        $"This user may not run the commands in the restored pod that put its volumes back: {message.Shorten(300)}",
        $"Ask for 'get' and 'create' on pods/exec in namespace '{ns}' (Grant-CheckpointAccess -Task Restore), or use Restore-Pod -SkipVolumes.", inner);
}
