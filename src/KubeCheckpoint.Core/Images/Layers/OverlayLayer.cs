using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Layers;

/// <summary>
/// The second layer of an image for another runtime than the one that wrote the archive: the members that replace the archive's.
/// Usually a few KiB, held in memory. Where the changed files of a container are converted it is as large as these, and in a temporary
/// file that is deleted with the layer.
/// </summary>
/// <param name="Source">The layer: a plain tar.</param>
/// <param name="Digest">Its digest, which is also its diff_id.</param>
internal sealed record OverlayLayer(IByteSource Source, Digest Digest) : IDisposable
{
    /// <summary>Media type, digest and size.</summary>
    public OciDescriptor Descriptor => new(OciMediaTypes.LayerOf(ArchiveCompression.None), Digest, Source.Length);

    /// <summary>The tar from its first byte; several streams may read at once.</summary>
    public Stream Open() => new ByteSourceStream(Source, 0, Source.Length);

    public void Dispose() => Source.Dispose();
}
