using KubeCheckpoint.Archives.Replacements;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>The archive to convert, and the runtime that is to restore it.</summary>
/// <param name="Archive">The archive.</param>
/// <param name="Target">The runtime that is to restore it.</param>
internal sealed record ConversionRequest(CheckpointArchive Archive, CheckpointEngine Target)
{
    /// <summary>The container's image, by a name that the target can find. Default: the name in the archive.</summary>
    public string? BaseImage { get; init; }

    /// <summary>The ID of that image, 64 hexadecimal digits. Default: the ID in the archive.</summary>
    public string? BaseImageId { get; init; }

    /// <summary>The OCI runtime of the target, which Podman requires. Default: that of the source.</summary>
    public string? OciRuntime { get; init; }

    /// <summary>The correction of deleted.files for the runtime that wrote the archive; null where it is right. Another runtime gets its own.</summary>
    public DeletedFilesCorrection? Correction { get; init; }
}
