using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Layout;

/// <summary>Failures of OCI image layouts, in a folder or in an oci-archive.</summary>
internal static class LayoutFailure
{
    /// <summary>The folder or file is not an OCI image layout or oci-archive.</summary>
    public static KubeCheckpointException NotAnImageLayout(string path, string reason, Exception? inner = null)
    {
        var kind = FileKinds.Of(path) is { IsImage: false } other ? other : null;
        return new(
            nameof(NotAnImageLayout), FailureCategory.InvalidData, path,
            $"'{path}' is not an OCI image layout or oci-archive: {(kind is null ? reason : $"it is {kind.Name}")}.",
            kind?.Advice ?? "Give a folder or file that was written by New-RestoreImage -Destination, 'skopeo copy' (oci:, oci-archive:) " +
            "or 'podman save --format oci-archive'.",
            inner);
    }

    /// <summary>The destination is not an OCI image layout that an image can be added to.</summary>
    public static KubeCheckpointException LayoutInvalid(string destination, string reason, Exception? inner = null) => new(
        nameof(LayoutInvalid), FailureCategory.InvalidData, destination,
        $"Cannot add an image to '{destination}': {reason}.",
        "Choose an empty or new folder, or a layout of version 1.0.0.", inner);
}
