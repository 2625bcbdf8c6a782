using System.IO.Compression;
using System.Security.Cryptography;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Oci;
using Microsoft.Win32.SafeHandles;
using ZstdStream = SharpCompress.Compressors.ZStandard.CompressionStream;

namespace KubeCheckpoint.Images.Layers;

/// <summary>
/// An archive's tar as a layer, compressed again where the archive's file is not the layer, in a <see cref="TemporaryFile"/>. One version of this module
/// always compresses the same tar to the same bytes.
/// </summary>
internal sealed class CompressedLayer : IDisposable
{
    // The default of zstd, which the engines use too.
    private const int ZstdLevel = 3;

    private CompressedLayer(ArchiveLayer layer, IByteSource source)
    {
        Layer = layer;
        Source = source;
    }

    public ArchiveLayer Layer { get; }

    /// <summary>The compressed bytes.</summary>
    public IByteSource Source { get; }

    /// <summary>
    /// The compression in which an archive must be compressed to be a layer; null where its file is the layer: it has the requested compression,
    /// and runtimes can read it.
    /// </summary>
    /// <param name="archive">The archive.</param>
    /// <param name="requested">The requested compression, or none for that of the archive.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static ArchiveCompression? FindNeeded(CheckpointArchive archive, ArchiveCompression requested, CancellationToken cancellationToken)
    {
        if (requested != ArchiveCompression.None && requested != archive.Compression)
            return requested;
        return LayerFormat.IsLayer(archive, cancellationToken) ? null : archive.Compression;
    }

    /// <summary>Compresses the tar of an archive, in one pass and bounded memory.</summary>
    /// <exception cref="KubeCheckpointException">LayerNotCompressed, ArchiveChangedWhileReading, and the failures of reading an archive.</exception>
    public static CompressedLayer Write(CheckpointArchive archive, ArchiveCompression compression, TransferMeter meter, CancellationToken cancellationToken)
    {
        var stamp = ArchiveLayer.StampOf(archive);
        SafeFileHandle? file = null;
        try
        {
            file = TemporaryFile.Create();
            using var output = new OutputStream(file);
            var diffId = Compress(archive, compression, output, meter, cancellationToken);
            stamp.ThrowIfChanged(archive.Path);
            var descriptor = new OciDescriptor(OciMediaTypes.LayerOf(compression), output.ToDigest(), output.Length);
            return new CompressedLayer(new ArchiveLayer(archive.Path, descriptor, diffId, stamp), new FileByteSource(archive.Path, file, output.Length));
        }
        catch (Exception exception)
        {
            file?.Dispose();
            throw exception is IOException or UnauthorizedAccessException
                ? LayerFailure.LayerNotCompressed(archive.Path, TemporaryFile.Folder, exception)
                : exception;
        }
    }

    public void Dispose() => Source.Dispose();

    private static Digest Compress(
        CheckpointArchive archive, ArchiveCompression compression, OutputStream output, TransferMeter meter, CancellationToken cancellationToken)
    {
        using var source = FileByteSource.Open(archive.Path);
        using var file = new WatchedStream(new ByteSourceStream(source, 0, source.Length), bytes =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            meter.Add(bytes.Length);
        });
        using Stream tar = archive.Compression == ArchiveCompression.None ? file : new DecompressedStream(archive.Path, file, archive.Compression);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (Stream compressor = compression == ArchiveCompression.Gzip
            ? new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true)
            : new ZstdStream(output, ZstdLevel, 0, leaveOpen: true))
        {
            tar.ReadToEnd(bytes =>
            {
                hash.AppendData(bytes);
                compressor.Write(bytes);
            });
        }
        file.ReadToEnd(_ => { });
        return Digest.FromSha256(hash.GetHashAndReset());
    }

    /// <summary>Writes a file from beginning to end, and hashes it.</summary>
    private sealed class OutputStream(SafeFileHandle file) : WriteOnlyStream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _length;

        public override long Length => _length;

        public Digest ToDigest() => Digest.Of(_hash);

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            RandomAccess.Write(file, buffer, _length);
            _hash.AppendData(buffer);
            _length += buffer.Length;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
