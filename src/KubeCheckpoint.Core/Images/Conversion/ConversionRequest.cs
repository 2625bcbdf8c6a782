namespace KubeCheckpoint.Images.Conversion;

/// <summary>What to convert, and to what.</summary>
/// <param name="Archive">The archive.</param>
/// <param name="Target">The runtime that is to restore it.</param>
internal sealed record ConversionRequest(CheckpointArchive Archive, CheckpointEngine Target)
{
    /// <summary>The image that the container ran, as the target is to find it. Null: what the archive says.</summary>
    public string? BaseImage { get; init; }

    /// <summary>That image's ID, 64 hexadecimal digits. Null: what the archive says.</summary>
    public string? BaseImageId { get; init; }

    /// <summary>The OCI runtime of the target, for Podman, which wants it named. Null: that of the source.</summary>
    public string? OciRuntime { get; init; }
}
