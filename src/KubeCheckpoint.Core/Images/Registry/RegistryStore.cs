using System.Runtime.CompilerServices;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A repository in a registry: all of its tags, or one reference.</summary>
internal sealed class RegistryStore : IImageStore
{
    private readonly ImageReference _image;
    private readonly RegistryClient _registry;
    private readonly RegistryPull _pull;

    private RegistryStore(ImageReference image, RegistryClient registry)
    {
        _image = image;
        _registry = registry;
        _pull = new RegistryPull(registry);
    }

    public string Place => _image.Registry;

    public bool IsRegistry => true;

    /// <param name="image">A repository; with a tag or digest only that image.</param>
    /// <param name="options">How to connect to the registry.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public static async Task<RegistryStore> OpenAsync(ImageReference image, RegistryOptions options, CancellationToken cancellationToken) =>
        new(image, await RegistryClient.OpenForPullAsync(image, options, cancellationToken).ConfigureAwait(false));

    public async IAsyncEnumerable<StoredName> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if ((_image.Digest?.ToString() ?? _image.Tag) is { } one)
        {
            yield return new StoredName(one, _image.ToString(), null);
            yield break;
        }
        await foreach (var tag in _pull.ListTagsAsync(cancellationToken).ConfigureAwait(false))
            yield return new StoredName(tag, (_image with { Tag = tag }).ToString(), null);
    }

    public async Task<(byte[] Bytes, string? MediaType)?> FindDocumentAsync(StoredName name, CancellationToken cancellationToken)
    {
        var found = await _pull.FindManifestAsync(name.Name, cancellationToken).ConfigureAwait(false);
        if (found is { } document)
            RememberLayers(document.Bytes);
        return found;
    }

    public async Task<byte[]> ReadDocumentAsync(Digest digest, CancellationToken cancellationToken)
    {
        var found = await _pull.FindManifestAsync(digest.ToString(), cancellationToken).ConfigureAwait(false);
        if (found is not { } document)
            throw ImageFailure.ImageBlobMissing($"{_image.Registry}/{_image.Repository}", digest);
        RememberLayers(document.Bytes);
        return document.Bytes;
    }

    public Task<byte[]> ReadBlobAsync(OciDescriptor blob, int limit, CancellationToken cancellationToken) =>
        _pull.ReadBlobAsync(blob, limit, cancellationToken);

    public IByteSource OpenBlob(OciDescriptor blob, CancellationToken cancellationToken) => _pull.OpenBlob(blob, cancellationToken);

    public string ReferenceOf(StoredName name, Digest digest) =>
        (_image with { Tag = null, Digest = digest }).ToString();

    public void Dispose() => _registry.Dispose();

    // A repository with a manifest has its layers, too: they can be mounted elsewhere.
    private void RememberLayers(byte[] manifest)
    {
        try
        {
            foreach (var layer in OciDocument.Parse(Place, manifest, null).Layers)
                BlobPlaces.Remember(_image, layer.Digest);
        }
        catch (KubeCheckpointException)
        {
            // The caller reports it.
        }
    }
}
