using System.Buffers.Binary;
using System.IO.Compression;
using SharpCompress.Common;
using ZstdStream = SharpCompress.Compressors.ZStandard.DecompressionStream;

namespace KubeCheckpoint.Archives.IO;

/// <summary>The decompressed tar of an archive, read once from front to end. Damage is reported as an <see cref="ArchiveFailure"/>.</summary>
internal sealed class DecompressedStream : ReadOnlyStream
{
    /// <summary>How many bytes are needed to detect the compression.</summary>
    public const int MagicSize = 4;

    private readonly string _path;
    private readonly TailStream _compressed;
    private readonly ArchiveCompression _compression;
    private readonly Stream _inner;
    private long _position;

    /// <param name="path">The name used in messages.</param>
    /// <param name="compressed">Its bytes from the first one on: a view of the source, or a stream that monitors what is read.</param>
    /// <param name="compression">How it is compressed: not <see cref="ArchiveCompression.None"/>.</param>
    public DecompressedStream(string path, Stream compressed, ArchiveCompression compression)
    {
        _path = path;
        _compressed = new TailStream(compressed);
        _compression = compression;
        _inner = compression switch
        {
            ArchiveCompression.Gzip => new GZipStream(_compressed, CompressionMode.Decompress),
            ArchiveCompression.Zstd => new ZstdStream(_compressed, 0, checkEndOfStream: true, leaveOpen: true),
            _ => throw new ArgumentOutOfRangeException(nameof(compression)),
        };
    }

    /// <summary>Detects the compression by the first bytes of a file (gzip: RFC 1952; zstd: RFC 8878). A tar of an engine begins with a name.</summary>
    public static ArchiveCompression Detect(ReadOnlySpan<byte> magic) => magic switch
    {
        [0x1f, 0x8b, ..] => ArchiveCompression.Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] => ArchiveCompression.Zstd,
        _ => ArchiveCompression.None,
    };

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
            throw ArchiveFailure.ArchiveTruncated(_path, null, _position, exception);
        }
        catch (Exception exception) when (exception is InvalidDataException or SharpCompressException or IOException)
        {
            throw ArchiveFailure.ArchiveDamaged(_path, null, _position, $"the {Name} stream is damaged", exception);
        }
    }

    private string Name => _compression == ArchiveCompression.Gzip ? "gzip" : "zstd";

    // GZipStream mistakes the end of a truncated file for the end of the data. The last four bytes of a gzip member are its length
    // modulo 2^32 (RFC 1952, ISIZE); engines write one member.
    private void CheckGzipEnd()
    {
        if (_compressed.Tail != unchecked((uint)_position))
            throw ArchiveFailure.ArchiveTruncated(_path, null, _position);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Remembers the last four bytes that were read.</summary>
    private sealed class TailStream(Stream stream) : ReadOnlyStream
    {
        private readonly byte[] _tail = new byte[4];

        public uint Tail => BinaryPrimitives.ReadUInt32LittleEndian(_tail);

        public override int Read(Span<byte> buffer)
        {
            var count = stream.Read(buffer);
            var last = buffer[Math.Max(0, count - _tail.Length)..count];
            _tail.AsSpan(last.Length).CopyTo(_tail);
            last.CopyTo(_tail.AsSpan(_tail.Length - last.Length));
            return count;
        }
    }
}
