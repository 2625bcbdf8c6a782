using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Conversion;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Layout;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images;

/// <summary>Creates restore images from checkpoint archives.</summary>
public static class RestoreImageFactory
{
    /// <summary>
    /// Creates an image and pushes it, or writes it to the destination. The same archive always gives the same digests. Blobs that a
    /// registry already has are not sent again; a manifest or index appears only after everything it names.
    /// </summary>
    /// <param name="request">The archive, and where the image goes.</param>
    /// <param name="progress">Receives the bytes read and sent; may be called from any thread.</param>
    /// <param name="cancellationToken">Cancels the operation; no partial file or image keeps its final name.</param>
    /// <exception cref="KubeCheckpointException">
    /// The failures of <see cref="Images"/>, and those of reading an archive.
    /// </exception>
    public static async Task<RestoreImage> CreateAsync(
        RestoreImageRequest request, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var archive = request.Archive;
        await Task.Run(() => ThrowIfImpossible(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        var podManifest = request.PodManifest ?? archive.PodManifest;
        var label = podManifest is null ? null : PodManifestLabel.Trim(podManifest, archive.Path);
        var targetRuntime = request.TargetRuntime ?? archive.RequireEngine();
        var tag = RestoreImageTag.Of(archive, targetRuntime);
        var image = ImageTarget.Of(request.Reference, request.Repository, tag, archive.Path);
        var name = image?.ToString() ?? tag;
        var conversionRequest = new ConversionRequest(archive, targetRuntime)
        {
            BaseImage = request.BaseImage,
            BaseImageId = request.BaseImageId,
            OciRuntime = request.OciRuntime,
            Correction = targetRuntime == archive.Engine
                ? await ReplacedFilesCorrection.FindAsync(request, image?.Registry, cancellationToken).ConfigureAwait(false)
                : null,
        };
        using var conversion = await Task.Run(() => RuntimeConversion.Build(conversionRequest, cancellationToken), cancellationToken).ConfigureAwait(false);
        using var target = await OpenTargetAsync(request, image, name, cancellationToken).ConfigureAwait(false);
        var description = request.Destination is null ? $"Pushing {name}" : $"Writing {name} to {request.Destination}";
        var activity = new TransferActivity(progress, description, archive.Size);
        using var compressed = await Task.Run(() => Compress(request, activity, cancellationToken), cancellationToken).ConfigureAwait(false);
        var layer = await target.WriteLayerAsync(archive, compressed, activity, cancellationToken).ConfigureAwait(false);
        var content = RestoreImageContent.Of(archive, targetRuntime, label, request.Architecture, layer, conversion);
        await target.WriteAsync(content, activity, cancellationToken).ConfigureAwait(false);
        return new RestoreImage
        {
            Reference = name,
            Digest = content.Manifest.Descriptor.Digest.ToString(),
            LayerDigest = layer.Descriptor.Digest.ToString(),
            Size = content.Size,
            Annotations = content.Annotations,
            Destination = request.Destination ?? image!.Registry,
            IsPushed = request.Destination is null,
            ArchivePath = archive.Path,
            Engine = archive.RequireEngine(),
            TargetRuntime = targetRuntime,
            Namespace = archive.Namespace,
            PodName = archive.PodName,
            PodUid = archive.PodUid,
            ContainerName = archive.RequireContainerName(),
            Needs = conversion.Needs,
            PodManifest = podManifest,
            BaseImage = conversion.BaseImage,
            Architecture = content.Architecture,
            CheckpointedAt = archive.CheckpointedAt,
            Compression = OciMediaTypes.CompressionOf(layer.Descriptor.MediaType) ?? archive.Compression,
        };
    }

    // Nothing can be restored from such an image: say so before anything is sent.
    private static void ThrowIfImpossible(RestoreImageRequest request, CancellationToken cancellationToken)
    {
        var archive = request.Archive;
        archive.RequireEngine();
        if (RestorableImages.FindObstacle(archive.Path, cancellationToken) is { } obstacle)
        {
            if (request.OnMissingMemory is null || !RestorableImages.HasProcesses(obstacle))
                throw obstacle;
            request.OnMissingMemory(obstacle);
        }
        if (Directory.Exists(archive.Path))
            throw RestoreImageFailure.ArchiveNotPacked(archive.Path);
    }

    private static async Task<IImageTarget> OpenTargetAsync(
        RestoreImageRequest request, ImageReference? image, string name, CancellationToken cancellationToken) =>
        (request.Destination, image) switch
        {
            ({ } path, _) when path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) => new OciArchiveTarget(path, name),
            ({ } path, _) => new LayoutTarget(path, name),
            (null, not null) => await RegistryTarget.OpenAsync(image, request.MountFrom, request.Registry, cancellationToken).ConfigureAwait(false),
            _ => throw RestoreImageFailure.ImageTargetInvalid(request.Archive.Path, "it has neither a name nor a destination"),
        };

    private static CompressedLayer? Compress(RestoreImageRequest request, TransferActivity activity, CancellationToken cancellationToken) =>
        CompressedLayer.FindNeeded(request.Archive, request.Compression, cancellationToken) is { } compression
            ? CompressedLayer.Write(request.Archive, compression, activity.Begin("Compressing"), cancellationToken)
            : null;
}
