using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A tag in a repository of a registry. Blobs that the registry already has are not sent again.</summary>
internal sealed class RegistryTarget : IImageTarget
{
    private readonly RegistryClient _registry;
    private readonly RegistryPush _push;
    private readonly string? _mountFrom;
    private ArchiveLayer? _layer;

    private RegistryTarget(RegistryClient registry, string? mountFrom)
    {
        _registry = registry;
        _push = new RegistryPush(registry, mountFrom);
        _mountFrom = mountFrom;
    }

    private string Tag => _registry.Image.Tag!;

    /// <summary>Connects to the registry, so that a wrong name or a missing login shows before gigabytes are hashed.</summary>
    /// <param name="image">The image's name, with a tag.</param>
    /// <param name="mountFrom">A repository of the same registry that may have the layers, or null.</param>
    /// <param name="options">How to connect.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public static async Task<RegistryTarget> OpenAsync(ImageReference image, string? mountFrom, RegistryOptions options, CancellationToken cancellationToken) =>
        new(await RegistryClient.OpenForPushAsync(image, options, cancellationToken).ConfigureAwait(false), mountFrom);

    public async Task<ArchiveLayer> WriteLayerAsync(
        CheckpointArchive archive, CompressedLayer? compressed, TransferActivity activity, CancellationToken cancellationToken)
    {
        var push = new LayerPush(_registry, _push, archive, activity);
        _layer = await (compressed is null
            ? push.RunAsync(Tag, hashFirst: _mountFrom is not null, cancellationToken)
            : push.RunAsync(compressed, cancellationToken)).ConfigureAwait(false);
        return _layer;
    }

    public async Task WriteAsync(RestoreImageContent content, TransferActivity activity, CancellationToken cancellationToken)
    {
        if (content.Overlay is { } overlay)
            await _push.PushAsync(overlay.Source, overlay.Digest, null, TransferMeter.None, cancellationToken).ConfigureAwait(false);
        await WriteAsync(content.Config, content.Manifest, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Copies a layer of an image from where it is stored.</summary>
    public async Task CopyLayerAsync(IImageStore store, OciDescriptor layer, TransferMeter meter, CancellationToken cancellationToken)
    {
        using var source = store.OpenBlob(layer, cancellationToken);
        BlobCheck.CompareSize(store.Place, layer, source.Length);
        if (!store.IsRegistry)
        {
            await _push.PushAsync(
                source,
                layer.Digest,
                ending => Task.Run(() => BlobCheck.Verify(source, layer.Digest, ending), ending),
                meter,
                cancellationToken).ConfigureAwait(false);
            return;
        }
        // A blob from another registry is read once, and hashed while it is copied.
        using var hashing = new HashingSource(source, layer.Digest);
        await _push.PushAsync(hashing, layer.Digest, null, meter, cancellationToken).ConfigureAwait(false);
        hashing.ThrowIfOther();
    }

    /// <summary>Writes config and manifest of an image whose layers are there.</summary>
    public async Task WriteAsync(OciBlob config, OciBlob manifest, CancellationToken cancellationToken)
    {
        using (var source = new BytesSource(_registry.Image.Registry, config.Content))
            await _push.PushAsync(source, config.Descriptor.Digest, null, TransferMeter.None, cancellationToken).ConfigureAwait(false);
        _layer?.Stamp.ThrowIfChanged(_layer.Path);
        await _push.PushManifestAsync(manifest, Tag, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _registry.Dispose();
}
