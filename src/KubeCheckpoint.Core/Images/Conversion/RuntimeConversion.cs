using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>What an image for a runtime has beside the archive itself.</summary>
/// <param name="Overlay">The members that stand over the archive's, or null where the runtime that wrote the archive is to restore it.</param>
/// <param name="BaseImage">The name of the image that the container ran, as the target finds it, or null.</param>
/// <param name="BaseImageId">That image's ID, or null.</param>
/// <param name="OciRuntime">What Podman is told of the OCI runtime, or null.</param>
/// <param name="Needs">What the container must find where it is restored; null where the archive does not say, or for Podman.</param>
internal sealed record RuntimeConversion(
    OverlayLayer? Overlay, string? BaseImage, string? BaseImageId, string? OciRuntime, RestoreNeeds? Needs) : IDisposable
{
    /// <summary>Makes an archive restorable by a runtime. The same archive and request always give the same.</summary>
    /// <exception cref="KubeCheckpointException">
    /// The failures of <see cref="ImageFailure"/> that end in NotConvertible; BaseImageUnknown, OverlayNotWritable; what reading an archive
    /// and its images throws.
    /// </exception>
    public static RuntimeConversion Build(ConversionRequest request, CancellationToken cancellationToken) =>
        request.Target == request.Archive.Engine ? Same(request) : Other(request, cancellationToken);

    /// <summary>
    /// What keeps an archive from being made restorable by a runtime, or null. All steps are taken but those over the container's log and its
    /// changed files, which may be large.
    /// </summary>
    /// <exception cref="KubeCheckpointException">OverlayNotWritable; what reading an archive and its images throws.</exception>
    public static KubeCheckpointException? FindObstacle(ConversionRequest request, CancellationToken cancellationToken)
    {
        if (request.Target == request.Archive.Engine)
            return null;
        try
        {
            using var source = ConversionSource.Open(request, cancellationToken);
            ConversionCheck.ThrowIfImpossible(source);
            using var overlay = new OverlayWriter(source.Path);
            WriteImages(source, MountConversion.Of(source), NetworkConversion.Of(source), overlay, cancellationToken);
            return null;
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId.EndsWith("NotConvertible", StringComparison.Ordinal) || failure.ErrorId == nameof(ImageFailure.BaseImageUnknown))
        {
            return failure;
        }
    }

    public void Dispose() => Overlay?.Dispose();

    // What the archive says of images counts: it is restored as it is.
    private static RuntimeConversion Same(ConversionRequest request)
    {
        var archive = request.Archive;
        return new RuntimeConversion(
            null,
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
        using var overlay = new OverlayWriter(source.Path);
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
