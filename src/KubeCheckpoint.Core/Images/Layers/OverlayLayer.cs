using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Layers;

/// <summary>
/// The second layer of an image for another runtime than the one that wrote the archive: the members that stand over the archive's.
/// Mostly some KiB, which are held; where the changed files of a container are converted, as large as these, in a temporary file that
/// is gone when the layer is disposed.
/// </summary>
/// <param name="Source">The layer: a plain tar.</param>
/// <param name="Digest">Its digest, which is the diff_id too.</param>
internal sealed record OverlayLayer(IByteSource Source, Digest Digest) : IDisposable
{
    /// <summary>Media type, digest and size.</summary>
    public OciDescriptor Descriptor => new(OciMediaTypes.LayerOf(ArchiveCompression.None), Digest.ToString(), Source.Length);

    /// <summary>The tar, from its first byte; several may be read at once.</summary>
    public Stream Open() => new ByteSourceStream(Source, 0, Source.Length);

    public void Dispose() => Source.Dispose();
}
