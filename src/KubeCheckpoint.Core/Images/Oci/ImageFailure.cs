using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Images.Oci;

/// <summary>The failures of making and placing restore images.</summary>
public static partial class ImageFailure
{
    /// <summary>An image name that the grammar of references does not allow.</summary>
    /// <param name="name">The name.</param>
    /// <param name="reason">Why not.</param>
    public static KubeCheckpointException ImageNameInvalid(string name, string reason) =>
        new(nameof(ImageNameInvalid), FailureCategory.InvalidArgument, name, $"'{name}' is no image name: {reason}.",
            "Give a name such as registry.example:5000/restore/web:1.");

    /// <summary>Neither a name nor a destination was given, or two that exclude each other.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="reason">What is wrong.</param>
    public static KubeCheckpointException ImageTargetInvalid(string archive, string reason) =>
        new(nameof(ImageTargetInvalid), FailureCategory.InvalidArgument, archive, $"No image is made of '{archive}': {reason}.",
            "Give -Repository or -Reference; New-RestoreImage also takes -Destination, alone or with either of them as the name.");

    /// <summary>The pod's manifest is not a pod as JSON.</summary>
    /// <param name="archive">The archive it belongs to.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="inner">What the parser said.</param>
    public static KubeCheckpointException PodManifestInvalid(string archive, string reason, Exception? inner = null) =>
        new(nameof(PodManifestInvalid), FailureCategory.InvalidData, archive, $"The pod's manifest for '{archive}' cannot be used: {reason}",
            "Correct or move away the .pod.json file beside the archive, or give the manifest anew (kubectl get pod -o json).", inner);

    /// <summary>The archive is not what it was a moment ago.</summary>
    /// <param name="archive">The archive.</param>
    public static KubeCheckpointException ArchiveChangedWhileReading(string archive) =>
        new(nameof(ArchiveChangedWhileReading), FailureCategory.ResourceBusy, archive, $"'{archive}' has changed since it was first read.",
            "Wait until whatever writes to the archive has ended, and try again.");

    /// <summary>An archive could not be compressed for the image.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="folder">Where the temporary file was to be.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException LayerNotCompressed(string archive, string folder, Exception inner) =>
        new(nameof(LayerNotCompressed), FailureCategory.WriteError, archive,
            $"'{archive}' could not be compressed into a temporary file in '{folder}': {inner.Message}",
            "Make room there, or name another folder in TMPDIR (TEMP on Windows), or leave out New-RestoreImage -Compression.", inner);

    /// <summary>There is no restore image of that name, or nothing of that name at all.</summary>
    /// <param name="place">The registry, layout folder or oci-archive.</param>
    /// <param name="name">Repository, reference or name in the layout.</param>
    public static KubeCheckpointException RestoreImageNotFound(string place, string name) =>
        new(nameof(RestoreImageNotFound), FailureCategory.ObjectNotFound, name, $"There is no '{name}' in '{place}'.",
            "List what there is: Get-RestoreImage with -Repository for a registry, with -Path for a layout folder or oci-archive.");

    /// <summary>An image that no runtime restores a container from.</summary>
    /// <param name="name">Its name.</param>
    public static KubeCheckpointException NotARestoreImage(string name) =>
        new(nameof(NotARestoreImage), FailureCategory.InvalidData, name,
            $"'{name}' is an image, but no restore image: its manifest has none of the annotations by which CRI-O, containerd or Podman know one.",
            "Make restore images of checkpoint archives with New-RestoreImage; some tools lose annotations when they copy images.");

    /// <summary>A manifest, index or config is not what the OCI image spec has.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <param name="inner">What the parser said.</param>
    public static KubeCheckpointException ImageDocumentInvalid(string place, string reason, Exception? inner = null) =>
        new(nameof(ImageDocumentInvalid), FailureCategory.InvalidData, place, $"'{place}' is no image that could be read: {reason}",
            "Make or push the image anew, and look at what copied it.", inner);

    /// <summary>A blob that a manifest names is not there.</summary>
    /// <param name="place">The registry, layout folder or oci-archive.</param>
    /// <param name="digest">The blob.</param>
    public static KubeCheckpointException ImageBlobMissing(string place, string digest) =>
        new(nameof(ImageBlobMissing), FailureCategory.InvalidData, place, $"'{place}' does not have {digest}, which an image in it consists of.",
            "Copy or push the image anew.");

    /// <summary>What is given as a layout folder or oci-archive is none.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="inner">What the parser or system said.</param>
    public static KubeCheckpointException NotAnImageLayout(string path, string reason, Exception? inner = null) =>
        new(nameof(NotAnImageLayout), FailureCategory.InvalidData, path, $"'{path}' is no OCI image layout or oci-archive: {reason}.",
            "Give the folder or file that New-RestoreImage -Destination, 'skopeo copy' (oci:, oci-archive:) or 'podman save --format oci-archive' wrote.", inner);

    /// <summary>The destination cannot be written.</summary>
    /// <param name="destination">The path.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException DestinationNotWritable(string destination, Exception inner) =>
        new(nameof(DestinationNotWritable), FailureCategory.WriteError, destination, $"'{destination}' cannot be written: {inner.Message}",
            "Choose another destination, or change its owner or mode.", inner);

    /// <summary>A file stands where an oci-archive is to be written.</summary>
    /// <param name="destination">The path.</param>
    public static KubeCheckpointException DestinationExists(string destination) =>
        new(nameof(DestinationExists), FailureCategory.ResourceExists, destination, $"'{destination}' exists already and is not overwritten.",
            "Choose another name, or remove the file first; several images go together into a folder.");

    /// <summary>The disk of the destination is full.</summary>
    /// <param name="destination">The path.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException DestinationDiskFull(string destination, Exception inner) =>
        new(nameof(DestinationDiskFull), FailureCategory.WriteError, destination, $"The disk of '{destination}' is full; nothing half-written is left.",
            "Make room, or choose a destination on another disk.", inner);

    /// <summary>What lies at the destination is no OCI image layout that could be added to.</summary>
    /// <param name="destination">The folder.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="inner">What the parser said.</param>
    public static KubeCheckpointException LayoutInvalid(string destination, string reason, Exception? inner = null) =>
        new(nameof(LayoutInvalid), FailureCategory.InvalidData, destination, $"'{destination}' is no OCI image layout to add to: {reason}.",
            "Choose an empty or new folder, or a layout of version 1.0.0.", inner);

    /// <summary>Turns what writing a file throws into the failure that says it.</summary>
    internal static KubeCheckpointException FromWriting(string destination, Exception exception) => WholeFile.IsDiskFull(exception)
        ? DestinationDiskFull(destination, exception)
        : DestinationNotWritable(destination, exception);
}
