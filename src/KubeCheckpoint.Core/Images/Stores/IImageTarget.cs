using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Stores;

/// <summary>
/// Where an image is written to: a repository in a registry, a layout folder, an oci-archive. The layer comes first, since the documents
/// hold its digest. The image appears under its name only once it is complete.
/// </summary>
internal interface IImageTarget : IDisposable
{
    /// <summary>Writes an archive as the image's first layer.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="compressed">The layer in another compression than the archive's, or null.</param>
    /// <param name="activity">Reports the bytes that are hashed, copied or sent.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public Task<ArchiveLayer> WriteLayerAsync(
        CheckpointArchive archive, CompressedLayer? compressed, TransferActivity activity, CancellationToken cancellationToken);

    /// <summary>Writes the rest of the image: the layer over the archive's, the config and, last, what names them.</summary>
    public Task WriteAsync(RestoreImageContent content, TransferActivity activity, CancellationToken cancellationToken);
}
