using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Images;

/// <summary>
/// Copies restore images from layouts, oci-archives and registries into a registry, unchanged, except that annotations of the checkpoint go onto
/// the manifest, where runtimes read them.
/// </summary>
public static class RestoreImagePublisher
{
    /// <summary>The reference that an image will have.</summary>
    /// <param name="image">The image.</param>
    /// <param name="publication">Where it goes.</param>
    /// <exception cref="KubeCheckpointException">ImageNameInvalid or ImageTargetInvalid.</exception>
    public static string TargetOf(RestoreImage image, RestoreImagePublication publication) => Target(image, publication).ToString();

    /// <summary>
    /// Copies an image. Blobs that the registry has are not sent again; every byte that is sent is verified before the blob is completed; the
    /// manifest comes last.
    /// </summary>
    /// <param name="image">An image that was created or found.</param>
    /// <param name="publication">Where it goes.</param>
    /// <param name="progress">Receives the bytes sent; may be called from any thread.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The image under its new reference.</returns>
    /// <exception cref="KubeCheckpointException">
    /// ImageNameInvalid, ImageTargetInvalid, NotAnImageLayout, ImageDocumentInvalid, ImageBlobMissing, DigestMismatch, and the failures of a
    /// registry.
    /// </exception>
    public static async Task<RestoreImage> PublishAsync(
        RestoreImage image, RestoreImagePublication publication, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var name = Target(image, publication);
        if (!Digest.TryParse(image.Digest, out var digest))
            throw ImageFailure.ImageDocumentInvalid(image.Reference, $"'{image.Digest}' is not a digest");
        using var store = await ImageStore.OpenAsync(image, publication.Registry, cancellationToken).ConfigureAwait(false);
        var bytes = await store.ReadDocumentAsync(digest, cancellationToken).ConfigureAwait(false);
        var manifest = OciDocument.Parse(image.Reference, bytes, null);
        if (manifest.Config is not { } config)
            throw ImageFailure.ImageDocumentInvalid(image.Reference, "it is an index, and CRI-O does not recognize an index as a restore image");
        using var target = await RegistryTarget.OpenAsync(name, publication.MountFrom, publication.Registry, cancellationToken).ConfigureAwait(false);
        foreach (var layer in manifest.Layers.DistinctBy(layer => layer.Digest))
        {
            var activity = new TransferActivity(progress, $"Publishing {name}", layer.Size);
            await target.CopyLayerAsync(store, layer, activity.Begin("Uploading a layer"), cancellationToken).ConfigureAwait(false);
        }
        var mediaType = manifest.MediaType.Length > 0 ? manifest.MediaType : OciMediaTypes.Manifest;
        var written = image.AnnotationSource == AnnotationSource.Manifest || mediaType != OciMediaTypes.Manifest
            ? new OciBlob(new OciDescriptor(mediaType, digest, bytes.Length), bytes)
            : OciBlob.Of(mediaType, OciJson.WithAnnotations(bytes, image.Annotations));
        var configBytes = await store.ReadBlobAsync(config, OciConfig.LargestConfig, cancellationToken).ConfigureAwait(false);
        await target.WriteAsync(new OciBlob(config, configBytes), written, cancellationToken).ConfigureAwait(false);
        return image with
        {
            Reference = name.ToString(),
            Digest = written.Descriptor.Digest.ToString(),
            Size = image.Size + written.Content.Length - bytes.Length,
            AnnotationSource = mediaType == OciMediaTypes.Manifest ? AnnotationSource.Manifest : image.AnnotationSource,
            Destination = name.Registry,
            IsPushed = true,
        };
    }

    private static ImageReference Target(RestoreImage image, RestoreImagePublication publication)
    {
        var isFull = ImageTarget.TryParseFull(image.Reference, out var current);
        var tag = current?.Tag ?? (!isFull && ImageReference.IsTag(image.Reference)
            ? image.Reference
            : RestoreImageTag.Of(image.PodName, image.ContainerName, image.CheckpointedAt));
        return ImageTarget.Of(publication.Reference, publication.Repository, tag, image.Reference)
            ?? ImageTarget.Of(isFull && !image.IsPushed ? image.Reference : null, null, tag, image.Reference)
            ?? throw RestoreImageFailure.ImageTargetInvalid(image.Reference, "no registry is given");
    }
}
