using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Images;

/// <summary>
/// Brings an archive into a registry as a layer. One that is new goes up while it is hashed. One that the registry may have is hashed
/// first, or not at all where this process knows its digest: a small one, one of the size of a layer under the same tag, one that
/// another repository may have.
/// </summary>
internal sealed class LayerPush(RegistryClient registry, RegistryPush push, RestoreImageRequest request, Func<string, TransferMeter> meter)
{
    private readonly CheckpointArchive _archive = request.Archive;

    /// <summary>Sends the layer, unless the registry has it.</summary>
    /// <param name="tag">The tag the image will get.</param>
    /// <param name="compressed">The layer where it is not the archive as it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<ArchiveLayer> RunAsync(string tag, CompressedLayer? compressed, CancellationToken cancellationToken)
    {
        var sending = meter("Uploading the layer");
        if (compressed is not null)
        {
            await SendAsync(compressed.Source, compressed.Layer, _ => Task.FromResult(DigestOf(compressed.Layer)), sending, cancellationToken).ConfigureAwait(false);
            return compressed.Layer;
        }
        var layer = ArchiveLayer.Remembered(_archive);
        using var source = FileByteSource.Open(_archive.Path);
        if (layer is not null)
        {
            await SendAsync(source, layer, ending => HashAgainAsync(layer, ending), sending, cancellationToken).ConfigureAwait(false);
            return layer;
        }
        if (await IsHashedFirstAsync(tag, cancellationToken).ConfigureAwait(false))
        {
            layer = await ReadAsync(meter("Hashing"), cancellationToken).ConfigureAwait(false);
            await SendAsync(source, layer, _ => Task.FromResult(DigestOf(layer)), sending, cancellationToken).ConfigureAwait(false);
            return layer;
        }
        return await StreamAsync(source, sending, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ArchiveLayer> StreamAsync(FileByteSource source, TransferMeter sending, CancellationToken cancellationToken)
    {
        Task<ArchiveLayer>? reading = null;
        await SayIfChangedAsync(ArchiveLayer.StampOf(_archive), push.PushWhileHashingAsync(source, HashAsync, sending, cancellationToken)).ConfigureAwait(false);
        return await reading!.ConfigureAwait(false);

        async Task<Digest> HashAsync(CancellationToken ending) =>
            DigestOf(await (reading = ReadAsync(TransferMeter.None, ending)).ConfigureAwait(false));
    }

    private Task SendAsync(
        IByteSource source, ArchiveLayer layer, Func<CancellationToken, Task<Digest>> hash, TransferMeter sending, CancellationToken cancellationToken) =>
        SayIfChangedAsync(layer.Stamp, push.PushAsync(source, layer.Descriptor.Digest, hash, sending, cancellationToken));

    // A registry that finds other bytes than were hashed is right when they have changed.
    private async Task SayIfChangedAsync(ArchiveStamp stamp, Task push)
    {
        try
        {
            await push.ConfigureAwait(false);
        }
        catch (KubeCheckpointException)
        {
            stamp.ThrowIfChanged(_archive.Path);
            throw;
        }
    }

    private async Task<Digest> HashAgainAsync(ArchiveLayer layer, CancellationToken cancellationToken)
    {
        var again = await ReadAsync(TransferMeter.None, cancellationToken).ConfigureAwait(false);
        return again.Descriptor == layer.Descriptor ? DigestOf(again) : throw ImageFailure.ArchiveChangedWhileReading(layer.Path);
    }

    private Task<ArchiveLayer> ReadAsync(TransferMeter hashing, CancellationToken cancellationToken) =>
        Task.Run(() => ArchiveLayer.Read(_archive, null, hashing, cancellationToken), cancellationToken);

    private async Task<bool> IsHashedFirstAsync(string tag, CancellationToken cancellationToken)
    {
        if (_archive.Size <= registry.Sizes.HashFirst || request.MountFrom is not null)
            return true;
        try
        {
            return await new RegistryPull(registry).FindManifestAsync(tag, cancellationToken).ConfigureAwait(false) is { } found
                && OciDocument.Parse(tag, found.Bytes, found.MediaType).Layers.Any(layer => layer.Size == _archive.Size);
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId is nameof(ImageFailure.ImageDocumentInvalid) or nameof(ImageFailure.DigestMismatch) or nameof(ImageFailure.RegistryRefused))
        {
            // Whatever stands there is none of ours and will be replaced.
            return false;
        }
    }

    private static Digest DigestOf(ArchiveLayer layer) =>
        Digest.TryParse(layer.Descriptor.Digest, out var digest) ? digest : throw new InvalidOperationException("A layer has no digest.");
}
