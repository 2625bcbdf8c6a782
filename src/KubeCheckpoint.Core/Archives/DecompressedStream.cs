using System.Buffers.Binary;
using System.IO.Compression;
using SharpCompress.Common;
using ZstdStream = SharpCompress.Compressors.ZStandard.DecompressionStream;

namespace KubeCheckpoint.Archives;

/// <summary>A compressed archive's tar, read once from front to end. Damage becomes an <see cref="ArchiveFailure"/>.</summary>
internal sealed class DecompressedStream : ReadOnlyStream
{
    private readonly IByteSource _source;
    private readonly ArchiveCompression _compression;
    private readonly Stream _inner;
    private long _position;

    /// <param name="source">The archive.</param>
    /// <param name="compressed">Its bytes from the first one on: a plain view of the source, or one that watches what is read.</param>
    /// <param name="compression">How it is compressed: not <see cref="ArchiveCompression.None"/>.</param>
    public DecompressedStream(IByteSource source, Stream compressed, ArchiveCompression compression)
    {
        _source = source;
        _compression = compression;
        _inner = compression switch
        {
            ArchiveCompression.Gzip => new GZipStream(compressed, CompressionMode.Decompress),
            ArchiveCompression.Zstd => new ZstdStream(compressed, 0, checkEndOfStream: true, leaveOpen: true),
            _ => throw new ArgumentOutOfRangeException(nameof(compression)),
        };
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            var count = _inner.Read(buffer);
            _position += count;
            if (count == 0 && !buffer.IsEmpty && _compression == ArchiveCompression.Gzip)
                CheckGzipEnd();
            return count;
        }
        catch (Exception exception) when (exception is IncompleteArchiveException or EndOfStreamException)
        {
            throw ArchiveFailure.ArchiveTruncated(_source.Path, null, _position, exception);
        }
        catch (Exception exception) when (exception is InvalidDataException or SharpCompressException or IOException)
        {
            throw ArchiveFailure.ArchiveDamaged(_source.Path, null, _position, $"the {Name} stream is broken", exception);
        }
    }

    private string Name => _compression == ArchiveCompression.Gzip ? "gzip" : "zstd";

    // GZipStream takes the end of a cut file for the end of the data. The last four bytes of a gzip member are its length
    // modulo 2^32 (RFC 1952, ISIZE); engines write one member.
    private void CheckGzipEnd()
    {
        Span<byte> size = stackalloc byte[4];
        if (_source.Read(size, _source.Length - 4) != 4 || BinaryPrimitives.ReadUInt32LittleEndian(size) != unchecked((uint)_position))
            throw ArchiveFailure.ArchiveTruncated(_source.Path, null, _position);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }
}
