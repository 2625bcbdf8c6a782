using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Layers;

/// <summary>
/// Tells archives that runtimes cannot unpack as a layer, although every byte of the tar is there. Go's compress/gzip, which containerd and CRI-O
/// use, takes zeros after the last gzip member for another member; CRI-O recognizes zstd only by the magic number of a frame with data
/// (containers/image, pkg/compression).
/// </summary>
internal static class LayerFormat
{
    private static readonly byte[] ZstdFrame = [0x28, 0xb5, 0x2f, 0xfd];

    /// <summary>Whether the file can be a layer as it is.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static bool IsLayer(CheckpointArchive archive, CancellationToken cancellationToken)
    {
        if (archive.Compression == ArchiveCompression.None)
            return true;
        using var source = FileByteSource.Open(archive.Path);
        return archive.Compression == ArchiveCompression.Gzip
            ? !EndsWithZero(source) || PaddingOf(source, cancellationToken) == 0
            : BeginsWithFrame(source);
    }

    private static bool BeginsWithFrame(FileByteSource source)
    {
        Span<byte> magic = stackalloc byte[ZstdFrame.Length];
        return source.Read(magic, 0) == magic.Length && magic.SequenceEqual(ZstdFrame);
    }

    // The last byte of a gzip member is the highest of its length: where it is not zero, nothing needs to be read.
    private static bool EndsWithZero(FileByteSource source)
    {
        Span<byte> last = stackalloc byte[1];
        return source.Read(last, source.Length - 1) == 1 && last[0] == 0;
    }

    private static long PaddingOf(FileByteSource source, CancellationToken cancellationToken)
    {
        using var tar = new DecompressedStream(source.Path, new ByteSourceStream(source, 0, source.Length), ArchiveCompression.Gzip);
        tar.ReadToEnd(_ => cancellationToken.ThrowIfCancellationRequested());
        return tar.Padding;
    }
}
