using System.Runtime.CompilerServices;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Stores;

/// <summary>Reads the images behind names. A name that leads to an index leads to all images in it.</summary>
internal sealed class ImageFinder(IImageStore store)
{
    // The index of a real image has a manifest per platform, and as many attestations.
    private const int MostOfAnIndex = 64;
    private const int AtOnce = 8;

    /// <summary>Applies a step to each name, several at once. The results come in the order of the names.</summary>
    /// <param name="isWanted">Selects the names.</param>
    /// <param name="step">The step.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async IAsyncEnumerable<T> EachAsync<T>(
        Func<string, bool> isWanted, Func<StoredName, Task<T>> step, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batch = new List<Task<T>>();
        await foreach (var name in store.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!isWanted(name.Name))
                continue;
            batch.Add(step(name));
            if (batch.Count < AtOnce)
                continue;
            foreach (var result in await Task.WhenAll(batch).ConfigureAwait(false))
                yield return result;
            batch.Clear();
        }
        foreach (var result in await Task.WhenAll(batch).ConfigureAwait(false))
            yield return result;
    }

    /// <summary>The images that a name leads to.</summary>
    /// <exception cref="KubeCheckpointException">
    /// RestoreImageNotFound, ImageDocumentInvalid, ImageBlobMissing, DigestMismatch, and the failures of a registry.
    /// </exception>
    public async Task<IReadOnlyList<FoundImage>> ReadAsync(StoredName name, CancellationToken cancellationToken)
    {
        ThrowIfContainerds(name, name.Descriptor);
        var found = await store.FindDocumentAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw ImageFailure.RestoreImageNotFound(store.Place, name.Reference);
        var document = OciDocument.Parse(name.Reference, found.Bytes, found.MediaType);
        if (!document.IsIndex)
            return [Image(name, name.Reference, Digest.Of(found.Bytes), found.Bytes, document, null, [name.Annotations])];
        foreach (var entry in document.Manifests)
            ThrowIfContainerds(name, entry.Descriptor);
        var images = new List<FoundImage>();
        foreach (var entry in document.Manifests.Where(IsImage).Take(MostOfAnIndex))
        {
            var digest = entry.Descriptor.Digest;
            var bytes = await store.ReadDocumentAsync(digest, cancellationToken).ConfigureAwait(false);
            var manifest = OciDocument.Parse(name.Reference, bytes, entry.Descriptor.MediaType);
            if (!manifest.IsIndex)
                images.Add(Image(name, store.ReferenceOf(name, digest), digest, bytes, manifest, document, [entry.Annotations, name.Annotations]));
        }
        return images;
    }

    /// <summary>The config of an image.</summary>
    public async Task<OciConfig> ReadConfigAsync(FoundImage image, CancellationToken cancellationToken) => OciConfig.Parse(
        image.Reference,
        await store.ReadBlobAsync(image.Manifest.Config!, OciConfig.LargestConfig, cancellationToken).ConfigureAwait(false));

    private FoundImage Image(
        StoredName name,
        string reference,
        Digest digest,
        byte[] bytes,
        OciDocument manifest,
        OciDocument? index,
        IReadOnlyList<IReadOnlyDictionary<string, string>> described) =>
        new(store.Place, store.IsRegistry, name, reference, new OciDescriptor(manifest.MediaType, digest, bytes.Length), manifest, index, described);

    // It lists the blobs of a checkpoint, which may be large, among the manifests.
    private static void ThrowIfContainerds(StoredName name, OciDescriptor? entry)
    {
        if (entry is not null && OciMediaTypes.IsContainerdCheckpoint(entry.MediaType))
            throw ImageFailure.ContainerdCheckpointImage(name.Reference);
    }

    // An index lists attestations as manifests for the platform unknown/unknown.
    private static bool IsImage(OciIndexEntry entry) => entry.Os != "unknown";
}
