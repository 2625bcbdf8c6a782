using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images;

/// <summary>Copies restore images from layouts, oci-archives and registries into a registry, bit for bit.</summary>
public static class RestoreImagePublisher
{
    /// <summary>The reference an image will have.</summary>
    /// <param name="image">The image.</param>
    /// <param name="publication">Where it is to go.</param>
    /// <exception cref="KubeCheckpointException">ImageNameInvalid or ImageTargetInvalid.</exception>
    public static string TargetOf(RestoreImage image, RestoreImagePublication publication) => Target(image, publication).ToString();

    /// <summary>
    /// Sends the image. What the registry has is not sent again; every byte that is sent is held against its digest before the blob is
    /// closed; the manifest comes last.
    /// </summary>
    /// <param name="image">An image that was made or found.</param>
    /// <param name="publication">Where it is to go.</param>
    /// <param name="progress">Gets the bytes sent; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The image under its new reference.</returns>
    /// <exception cref="KubeCheckpointException">ImageNameInvalid, ImageTargetInvalid, NotAnImageLayout, ImageDocumentInvalid, ImageBlobMissing, DigestMismatch, and
    /// those of a registry.</exception>
    public static async Task<RestoreImage> PublishAsync(
        RestoreImage image, RestoreImagePublication publication, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var target = Target(image, publication);
        using var store = await ImageStore.OpenAsync(image, publication.Registry, cancellationToken).ConfigureAwait(false);
        var bytes = await store.ReadDocumentAsync(image.Digest, cancellationToken).ConfigureAwait(false);
        var manifest = OciDocument.Parse(image.Reference, bytes, null);
        if (manifest.Config is not { } config)
            throw ImageFailure.ImageDocumentInvalid(image.Reference, "it is an index, which CRI-O knows no restore image by");
        using var registry = await RegistryClient.OpenForPushAsync(target, publication.Registry, cancellationToken).ConfigureAwait(false);
        var push = new RegistryPush(registry, publication.MountFrom);
        foreach (var layer in manifest.Layers.DistinctBy(layer => layer.Digest))
        {
            var meter = new TransferMeter(progress, $"Publishing {target}", "Uploading a layer", layer.Size);
            await PushAsync(store, push, layer, meter, cancellationToken).ConfigureAwait(false);
        }
        await push.PushAsync(config, await store.ReadBlobAsync(config, OciConfig.LargestConfig, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var descriptor = new OciDescriptor(manifest.MediaType.Length > 0 ? manifest.MediaType : OciMediaTypes.Manifest, image.Digest, bytes.Length);
        await push.PushManifestAsync(descriptor, bytes, target.Tag!, cancellationToken).ConfigureAwait(false);
        return image with { Reference = target.ToString(), Destination = target.Registry, IsPushed = true };
    }

    private static async Task PushAsync(IImageStore store, RegistryPush push, OciDescriptor layer, TransferMeter meter, CancellationToken cancellationToken)
    {
        using var source = store.OpenBlob(layer, cancellationToken);
        if (source.Length != layer.Size)
            throw ImageFailure.DigestMismatch(store.Place, $"{layer.Digest} of {layer.Size} bytes", $"it has {source.Length} bytes");
        if (store.IsRegistry)
        {
            // What comes from a registry comes once, and is hashed as it goes through.
            using var hashing = new HashingSource(source, layer.Digest);
            await push.PushAsync(hashing, layer.Digest, _ => Task.FromResult(hashing.Expected), meter, cancellationToken).ConfigureAwait(false);
            hashing.ThrowIfOther();
            return;
        }
        await push.PushAsync(source, layer.Digest, ending => Task.Run(() => BlobCheck.Check(source, layer.Digest, ending), ending), meter, cancellationToken).ConfigureAwait(false);
    }

    private static ImageReference Target(RestoreImage image, RestoreImagePublication publication)
    {
        if (publication.Reference is not null && publication.Repository is not null)
            throw ImageFailure.ImageTargetInvalid(image.Reference, "both a reference and a repository are given");
        if (publication.Reference is { } reference)
            return WithTag(reference, "latest");
        if (publication.Repository is not { } repository)
        {
            return image.IsPushed || !IsFull(image.Reference)
                ? throw ImageFailure.ImageTargetInvalid(image.Reference, "nothing says to which registry it is to go")
                : WithTag(image.Reference, "latest");
        }
        var parsed = ImageReference.Parse(repository);
        return parsed is { Tag: null, Digest: null }
            ? parsed with { Tag = TagOf(image) }
            : throw ImageFailure.ImageNameInvalid(repository, "a repository has no tag or digest; give it as a reference");
    }

    private static ImageReference WithTag(string reference, string tag)
    {
        var image = ImageReference.Parse(reference);
        return image.Digest is null
            ? image with { Tag = image.Tag ?? tag }
            : throw ImageFailure.ImageNameInvalid(reference, "an image is pushed under a tag; its digest comes from its content");
    }

    private static string TagOf(RestoreImage image)
    {
        if (IsFull(image.Reference))
            return ImageReference.Parse(image.Reference).Tag ?? RestoreImageTag.Of(image.PodName, image.ContainerName, image.CheckpointedAt);
        return ImageReference.IsTag(image.Reference) ? image.Reference : RestoreImageTag.Of(image.PodName, image.ContainerName, image.CheckpointedAt);
    }

    // Names in layouts are anything: a tag alone, or the full reference that New-RestoreImage writes.
    private static bool IsFull(string name)
    {
        try
        {
            var slash = name.IndexOf('/', StringComparison.Ordinal);
            return slash > 0 && ImageReference.Parse(name).Registry == name[..slash];
        }
        catch (KubeCheckpointException)
        {
            return false;
        }
    }
}
