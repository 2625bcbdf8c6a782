using KubeCheckpoint.Images.Layers;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>What an image for a runtime has besides the archive.</summary>
/// <param name="Overlay">The members that replace the archive's, or null where the archive is restored as it is.</param>
/// <param name="BaseImage">The container's image, by a name that the target can find, or null.</param>
/// <param name="BaseImageId">The ID of that image, or null.</param>
/// <param name="OciRuntime">The OCI runtime for Podman, or null.</param>
/// <param name="Needs">What the container needs where it is restored; null where that is not known, or for Podman.</param>
internal sealed record RuntimeConversion(
    OverlayLayer? Overlay, string? BaseImage, string? BaseImageId, string? OciRuntime, RestoreNeeds? Needs) : IDisposable
{
    /// <summary>Converts an archive for a runtime. The same archive and request always give the same result.</summary>
    /// <exception cref="KubeCheckpointException">
    /// The failures of <see cref="ConversionFailure"/>; those of reading an archive and its CRIU images.
    /// </exception>
    public static RuntimeConversion Build(ConversionRequest request, CancellationToken cancellationToken) =>
        request.Target == request.Archive.Engine ? Same(request, cancellationToken) : Other(request, cancellationToken);

    /// <summary>
    /// The failure that keeps an archive from being converted for a runtime, or null. All steps are taken except those for the container's
    /// log and its changed files, which may be large.
    /// </summary>
    /// <exception cref="KubeCheckpointException">OverlayNotWritable; those of reading an archive and its CRIU images.</exception>
    public static KubeCheckpointException? FindObstacle(ConversionRequest request, CancellationToken cancellationToken)
    {
        if (request.Target == request.Archive.Engine)
            return null;
        try
        {
            using var source = ConversionSource.Open(request, cancellationToken);
            ConversionCheck.ThrowIfImpossible(source);
            using var overlay = new OverlayWriter(source.Path, source.Content.Archive.Budget);
            WriteImages(source, MountConversion.Of(source), NetworkConversion.Of(source), overlay, cancellationToken);
            return null;
        }
        catch (KubeCheckpointException failure) when (IsObstacle(failure))
        {
            return failure;
        }
    }

    public void Dispose() => Overlay?.Dispose();

    // The archive cannot be converted; any other failure keeps from finding out.
    private static bool IsObstacle(KubeCheckpointException failure) =>
        failure.Category == FailureCategory.NotImplemented || failure.ErrorId == nameof(ConversionFailure.BaseImageUnknown);

    // The archive is restored as it is, with the image names in it; only deleted.files may have to be corrected.
    private static RuntimeConversion Same(ConversionRequest request, CancellationToken cancellationToken)
    {
        var archive = request.Archive;
        return new RuntimeConversion(
            request.Correction is { } correction ? CorrectedFiles.Write(archive.Path, correction, cancellationToken) : null,
            archive.Image,
            archive.ImageId,
            request.OciRuntime ?? archive.Runtime,
            request.Target == CheckpointEngine.Podman ? null : archive.Needs);
    }

    private static RuntimeConversion Other(ConversionRequest request, CancellationToken cancellationToken)
    {
        using var source = ConversionSource.Open(request, cancellationToken);
        ConversionCheck.ThrowIfImpossible(source);
        var mounts = MountConversion.Of(source);
        var network = NetworkConversion.Of(source);
        using var overlay = new OverlayWriter(source.Path, source.Content.Archive.Budget);
        WriteMembers(source, mounts, overlay, cancellationToken);
        WriteImages(source, mounts, network, overlay, cancellationToken);
        ChangedFiles.Apply(source, overlay, cancellationToken);
        return new RuntimeConversion(
            overlay.Finish(cancellationToken),
            source.Base.Name,
            source.Base.Id,
            OciRuntimeName.Of(source),
            source.Target == CheckpointEngine.Podman ? null : NeedsOf(source, mounts));
    }

    private static RestoreNeeds? NeedsOf(ConversionSource source, MountConversion mounts) => source.Request.Archive.Needs is { } needs
        ? needs with
        {
            BaseImage = source.Base.Name,
            BaseImageDigest = source.Request.BaseImage is null ? needs.BaseImageDigest : null,
            Mounts = [.. needs.Mounts.Where(mount => !mounts.DroppedPaths.Contains(mount.MountPath))],
        }
        : null;

    private static void WriteMembers(ConversionSource source, MountConversion mounts, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        switch (source.Target)
        {
            case CheckpointEngine.CriO:
                CriOMembers.Write(source, mounts, overlay, cancellationToken);
                break;
            case CheckpointEngine.Containerd:
                ContainerdMembers.Write(source, overlay, cancellationToken);
                break;
            default:
                PodmanMembers.Write(source, mounts, overlay);
                break;
        }
    }

    private static void WriteImages(
        ConversionSource source, MountConversion mounts, NetworkConversion network, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        var edit = new ImageEdit(source.Content, overlay, cancellationToken);
        mounts.Apply(edit, overlay);
        network.Apply(source, edit);
        OpenFileConversion.Apply(source, network, edit);
        ConfinementConversion.Apply(source, edit);
        if (mounts.SharedMemoryDevice is { } device)
            SharedMemory.Apply(source, device, overlay, cancellationToken);
    }
}
