namespace KubeCheckpoint.Images;

/// <summary>Failures to create, find and publish restore images.</summary>
internal static class RestoreImageFailure
{
    /// <summary>The image has neither a name nor a destination, or both a reference and a repository.</summary>
    public static KubeCheckpointException ImageTargetInvalid(string source, string reason) => new(
        nameof(ImageTargetInvalid), FailureCategory.InvalidArgument, source,
        $"Cannot tell where to put the image of '{source}': {reason}.",
        "Give -Repository or -Reference; New-RestoreImage also takes -Destination, alone or with one of them as the name.");

    /// <summary>The checkpoint is a folder; an image is made from an archive.</summary>
    public static KubeCheckpointException ArchiveNotPacked(string folder) => new(
        nameof(ArchiveNotPacked), FailureCategory.InvalidArgument, folder,
        $"'{folder}' is a folder; an image is made from an archive.",
        $"Pack it, and give the archive: tar -C '{folder}' -cf '{folder}.tar' .");

    /// <summary>The image is not a restore image: no runtime restores a container from it.</summary>
    public static KubeCheckpointException NotARestoreImage(string name) => new(
        nameof(NotARestoreImage), FailureCategory.InvalidData, name,
        $"'{name}' is an image but not a restore image: its manifest lacks the annotations that CRI-O, containerd and Podman look for.",
        "Create restore images from checkpoint archives with New-RestoreImage. Some tools lose annotations when they copy images.");
}
