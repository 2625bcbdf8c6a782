using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Oci;

/// <summary>Failures of images as the OCI specifications describe them, wherever they are stored.</summary>
public static class ImageFailure
{
    /// <summary>The name of an image is not valid.</summary>
    /// <param name="name">The name.</param>
    /// <param name="reason">Why not.</param>
    public static KubeCheckpointException ImageNameInvalid(string name, string reason)
    {
        var isPath = File.Exists(name) || Directory.Exists(name);
        return new(
            nameof(ImageNameInvalid), FailureCategory.InvalidArgument, name,
            $"'{name}' is not {(isPath ? "an image name, but a file or folder" : $"a valid image name: {reason}")}.",
            isPath
                ? FileKinds.Of(name)?.Advice ?? "For a layout folder or an OCI archive use Get-RestoreImage -Path or Test-RestoreImage -Path."
                : "Use a name such as registry.example:5000/restore/web:1.");
    }

    /// <summary>The registry, layout folder or oci-archive has no image of that name.</summary>
    /// <param name="place">The registry, layout folder or oci-archive.</param>
    /// <param name="name">Repository, reference or name in the layout.</param>
    public static KubeCheckpointException RestoreImageNotFound(string place, string name) => new(
        nameof(RestoreImageNotFound), FailureCategory.ObjectNotFound, name,
        $"There is no '{name}' in '{place}'.",
        "List the images with Get-RestoreImage: -Repository for a registry, -Path for a layout folder or oci-archive.");

    /// <summary>A manifest, index or config does not follow the OCI image specification.</summary>
    internal static KubeCheckpointException ImageDocumentInvalid(string place, string reason, Exception? inner = null) => new(
        nameof(ImageDocumentInvalid), FailureCategory.InvalidData, place,
        $"The image at '{place}' cannot be read: {reason.TrimEnd('.')}.",
        "Create or push the image again, and check the tool that copied it.", inner);

    /// <summary>The image was made by 'ctr containers checkpoint', for containerd itself and not for a kubelet.</summary>
    internal static KubeCheckpointException ContainerdCheckpointImage(string name) => new(
        nameof(ContainerdCheckpointImage), FailureCategory.InvalidData, name,
        $"'{name}' was made by 'ctr containers checkpoint': its index lists CRIU images and settings of one container in containerd's own format. " +
        "No runtime restores a pod from it.",
        "Restore the container with 'ctr containers restore', or 'ctr run --checkpoint', on a node with containerd. For a pod, make a checkpoint " +
        "with Invoke-ContainerCheckpoint. The blob of type 'application/vnd.containerd.container.criu.checkpoint.criu.tar' is a tar of CRIU " +
        "images: extracted, ConvertFrom-CriuImage reads them.");

    /// <summary>A blob that a manifest refers to is missing.</summary>
    internal static KubeCheckpointException ImageBlobMissing(string place, Digest digest) => new(
        nameof(ImageBlobMissing), FailureCategory.InvalidData, place,
        $"'{place}' has no blob {digest}, but an image there refers to it.",
        "Copy or push the image again.");

    /// <summary>The content that was read or stored does not have the expected digest.</summary>
    internal static KubeCheckpointException DigestMismatch(string place, string expected, string actual) => new(
        nameof(DigestMismatch), FailureCategory.SecurityError, place,
        $"Digest mismatch at '{place}': expected {expected}, got {actual}.",
        "Try again. If it happens again, look for a proxy that changes the content, or a faulty disk.");
}
