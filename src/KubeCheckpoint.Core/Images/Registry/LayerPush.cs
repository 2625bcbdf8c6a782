using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>
/// Pushes an archive as a layer. An archive that is new to the registry is hashed while it is sent. One that the registry may already have
/// is hashed first, or not at all where this process knows its digest: a small archive, one with the size of a layer under the same tag,
/// one that another repository may have.
/// </summary>
/// <param name="registry">The registry.</param>
/// <param name="push">Sends the blobs.</param>
/// <param name="archive">The archive.</param>
/// <param name="activity">Reports the bytes hashed and sent.</param>
internal sealed class LayerPush(RegistryClient registry, RegistryPush push, CheckpointArchive archive, TransferActivity activity)
{
    private readonly TransferMeter _sending = activity.Begin("Uploading the layer");

    /// <summary>Sends the archive as it is, unless the registry has it.</summary>
    /// <param name="tag">The image's tag.</param>
    /// <param name="hashFirst">True to hash it before anything is sent.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task<ArchiveLayer> RunAsync(string tag, bool hashFirst, CancellationToken cancellationToken)
    {
        using var source = FileByteSource.Open(archive.Path);
        if (ArchiveLayer.Remembered(archive) is { } remembered)
        {
            await SendAsync(source, remembered, ending => VerifyAsync(remembered, ending), cancellationToken).ConfigureAwait(false);
            return remembered;
        }
        if (!hashFirst && !await IsExpectedAsync(tag, cancellationToken).ConfigureAwait(false))
            return await StreamAsync(source, cancellationToken).ConfigureAwait(false);
        var layer = await ReadAsync(activity.Begin("Hashing"), cancellationToken).ConfigureAwait(false);
        await SendAsync(source, layer, null, cancellationToken).ConfigureAwait(false);
        return layer;
    }

    /// <summary>Sends the archive in another compression, unless the registry has it.</summary>
    public async Task<ArchiveLayer> RunAsync(CompressedLayer compressed, CancellationToken cancellationToken)
    {
        await SendAsync(compressed.Source, compressed.Layer, null, cancellationToken).ConfigureAwait(false);
        return compressed.Layer;
    }

    private async Task<ArchiveLayer> StreamAsync(FileByteSource source, CancellationToken cancellationToken)
    {
        Task<ArchiveLayer>? reading = null;
        await ExplainChangeAsync(
            ArchiveLayer.StampOf(archive),
            push.PushWhileHashingAsync(source, HashAsync, _sending, cancellationToken)).ConfigureAwait(false);
        return await reading!.ConfigureAwait(false);

        async Task<Digest> HashAsync(CancellationToken ending) =>
            (await (reading = ReadAsync(TransferMeter.None, ending)).ConfigureAwait(false)).Descriptor.Digest;
    }

    private Task SendAsync(IByteSource source, ArchiveLayer layer, Func<CancellationToken, Task>? verify, CancellationToken cancellationToken) =>
        ExplainChangeAsync(layer.Stamp, push.PushAsync(source, layer.Descriptor.Digest, verify, _sending, cancellationToken));

    // When the archive has changed, the registry is right to find other bytes than were hashed.
    private async Task ExplainChangeAsync(ArchiveStamp stamp, Task sending)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
        catch (KubeCheckpointException)
        {
            stamp.ThrowIfChanged(archive.Path);
            throw;
        }
    }

    private async Task VerifyAsync(ArchiveLayer layer, CancellationToken cancellationToken)
    {
        var again = await ReadAsync(TransferMeter.None, cancellationToken).ConfigureAwait(false);
        if (again.Descriptor != layer.Descriptor)
            throw LayerFailure.ArchiveChangedWhileReading(layer.Path);
    }

    private Task<ArchiveLayer> ReadAsync(TransferMeter hashing, CancellationToken cancellationToken) =>
        Task.Run(() => ArchiveLayer.Read(archive, null, hashing, cancellationToken), cancellationToken);

    private async Task<bool> IsExpectedAsync(string tag, CancellationToken cancellationToken)
    {
        if (archive.Size <= registry.Sizes.HashFirst)
            return true;
        try
        {
            return await new RegistryPull(registry).FindManifestAsync(tag, cancellationToken).ConfigureAwait(false) is { } found
                && OciDocument.Parse(tag, found.Bytes, found.MediaType).Layers.Any(layer => layer.Size == archive.Size);
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId is nameof(ImageFailure.ImageDocumentInvalid)
            or nameof(ImageFailure.DigestMismatch)
            or nameof(RegistryFailure.RegistryRefused))
        {
            // The tag leads to something else, which will be replaced.
            return false;
        }
    }
}
