using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Conversion;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Layout;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Images;

/// <summary>Makes restore images of checkpoint archives.</summary>
public static class RestoreImageFactory
{
    /// <summary>
    /// Makes the image and pushes it, or writes it to the destination. The same archive gives the same digests, whenever and
    /// wherever. Blobs a registry has already are not sent again; a manifest or index appears only after all it names.
    /// </summary>
    /// <param name="request">What of, and where to.</param>
    /// <param name="progress">Gets the bytes read and sent; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends it; nothing half-written stays under a final name.</param>
    /// <exception cref="KubeCheckpointException">The failures of <see cref="ImageFailure"/> and, for the archive's file,
    /// of <see cref="Archives.ArchiveFailure"/>.</exception>
    public static async Task<RestoreImage> CreateAsync(
        RestoreImageRequest request, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var archive = request.Archive;
        var podManifest = request.PodManifest ?? archive.PodManifest;
        var label = podManifest is null ? null : PodManifestLabel.Trim(podManifest, archive.Path);
        var targetRuntime = request.TargetRuntime ?? archive.Engine;
        var tag = RestoreImageTag.Of(archive, targetRuntime);
        var image = NameOf(request, tag);
        var name = image?.ToString() ?? tag;
        var wanted = new ConversionRequest(archive, targetRuntime)
        {
            BaseImage = request.BaseImage,
            BaseImageId = request.BaseImageId,
            OciRuntime = request.OciRuntime,
        };
        using var conversion = await Task.Run(() => RuntimeConversion.Build(wanted, cancellationToken), cancellationToken).ConfigureAwait(false);
        RestoreImageContent Build(ArchiveLayer layer) =>
            RestoreImageContent.Of(archive, targetRuntime, label, request.Architecture, layer, conversion);
        TransferMeter Meter(string activity, string status) => new(progress, activity, status, archive.Size);

        RestoreImageContent content;
        if (request.Destination is { } destination)
        {
            var meter = (string status) => Meter($"Writing {name} to {destination}", status);
            content = await Task.Run(() => Write(request, destination, name, Build, meter, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var meter = (string status) => Meter($"Pushing {name}", status);
            content = await PushAsync(request, image!, Build, meter, cancellationToken).ConfigureAwait(false);
        }
        return new RestoreImage
        {
            Reference = name,
            Digest = content.ManifestDescriptor.Digest,
            LayerDigest = content.LayerDescriptors[0].Digest,
            Size = content.Size,
            Annotations = content.Annotations,
            Destination = request.Destination ?? image!.Registry,
            IsPushed = request.Destination is null,
            ArchivePath = archive.Path,
            Engine = archive.Engine,
            TargetRuntime = targetRuntime,
            Namespace = archive.Namespace,
            PodName = archive.PodName,
            PodUid = archive.PodUid,
            ContainerName = archive.ContainerName,
            Needs = conversion.Needs,
            PodManifest = podManifest,
            BaseImage = conversion.BaseImage,
            Architecture = content.Architecture,
            CheckpointedAt = archive.CheckpointedAt,
            Compression = OciMediaTypes.CompressionOf(content.LayerDescriptors[0].MediaType) ?? archive.Compression,
        };
    }

    private static ImageReference? NameOf(RestoreImageRequest request, string tag)
    {
        var archive = request.Archive.Path;
        if (request.Reference is not null && request.Repository is not null)
            throw ImageFailure.ImageTargetInvalid(archive, "both a reference and a repository are given");
        if (request.Reference is { } reference)
        {
            var image = ImageReference.Parse(reference);
            return image.Digest is null
                ? image with { Tag = image.Tag ?? "latest" }
                : throw ImageFailure.ImageNameInvalid(reference, "an image is pushed under a tag; its digest comes from its content");
        }
        if (request.Repository is { } repository)
        {
            var image = ImageReference.Parse(repository);
            return image is { Tag: null, Digest: null }
                ? image with { Tag = tag }
                : throw ImageFailure.ImageNameInvalid(repository, "a repository has no tag or digest; give it as a reference");
        }
        return request.Destination is null ? throw ImageFailure.ImageTargetInvalid(archive, "it has neither a name nor a destination") : null;
    }

    private static RestoreImageContent Write(
        RestoreImageRequest request,
        string destination,
        string name,
        Func<ArchiveLayer, RestoreImageContent> build,
        Func<string, TransferMeter> meter,
        CancellationToken cancellationToken)
    {
        var isFile = destination.EndsWith(".tar", StringComparison.OrdinalIgnoreCase);
        if (isFile && Path.Exists(destination))
            throw ImageFailure.DestinationExists(destination);
        using var compressed = Compress(request, meter, cancellationToken);
        if (!isFile)
            return OciLayout.Write(destination, name, request.Archive, compressed, build, meter("Copying the layer"), cancellationToken);
        var layer = compressed?.Layer ?? ArchiveLayer.Read(request.Archive, null, meter("Hashing"), cancellationToken);
        var content = build(layer);
        using var source = compressed is null ? FileByteSource.Open(layer.Path) : null;
        OciArchive.Write(destination, name, layer, compressed?.Source ?? source!, content, meter("Copying the layer"), cancellationToken);
        return content;
    }

    // The registry is asked first: a wrong name or a missing login shows before gigabytes are hashed.
    private static async Task<RestoreImageContent> PushAsync(
        RestoreImageRequest request,
        ImageReference image,
        Func<ArchiveLayer, RestoreImageContent> build,
        Func<string, TransferMeter> meter,
        CancellationToken cancellationToken)
    {
        using var registry = await RegistryClient.OpenForPushAsync(image, request.Registry, cancellationToken).ConfigureAwait(false);
        var push = new RegistryPush(registry, request.MountFrom);
        using var compressed = await Task.Run(() => Compress(request, meter, cancellationToken), cancellationToken).ConfigureAwait(false);
        var layer = await new LayerPush(registry, push, request, meter).RunAsync(image.Tag!, compressed, cancellationToken).ConfigureAwait(false);
        var content = build(layer);
        if (content.Overlay is { } overlay)
            await push.PushAsync(overlay, cancellationToken).ConfigureAwait(false);
        await push.PushAsync(content.ConfigDescriptor, content.Config, cancellationToken).ConfigureAwait(false);
        layer.Stamp.ThrowIfChanged(layer.Path);
        await push.PushManifestAsync(content.ManifestDescriptor, content.Manifest, image.Tag!, cancellationToken).ConfigureAwait(false);
        return content;
    }

    private static CompressedLayer? Compress(RestoreImageRequest request, Func<string, TransferMeter> meter, CancellationToken cancellationToken) =>
        CompressedLayer.IsNeeded(request.Archive, request.Compression)
            ? CompressedLayer.Write(request.Archive, request.Compression, meter("Compressing"), cancellationToken)
            : null;
}
