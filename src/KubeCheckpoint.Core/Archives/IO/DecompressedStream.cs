using SharpCompress.Common;
using SharpCompress.Compressors.ZStandard;
using ZstdStream = SharpCompress.Compressors.ZStandard.DecompressionStream;

namespace KubeCheckpoint.Archives.IO;

/// <summary>The decompressed tar of an archive, read once from front to end. Damage is reported as an <see cref="ArchiveFailure"/>.</summary>
internal sealed class DecompressedStream : ReadOnlyStream
{
    private readonly string _path;
    private readonly ArchiveCompression _compression;
    private readonly Stream _inner;
    private long _position;

    /// <param name="path">The name used in messages.</param>
    /// <param name="compressed">Its bytes from the first one on: a view of the source, or a stream that monitors what is read.</param>
    /// <param name="compression">How it is compressed: not <see cref="ArchiveCompression.None"/>.</param>
    public DecompressedStream(string path, Stream compressed, ArchiveCompression compression)
    {
        _path = path;
        _compression = compression;
        _inner = compression switch
        {
            ArchiveCompression.Gzip => new GzipMembers(compressed),
            // Several frames, and skippable ones before, between and after them (RFC 8878, section 3).
            ArchiveCompression.Zstd => new ZstdStream(compressed, 0, checkEndOfStream: true, leaveOpen: true),
            _ => throw new ArgumentOutOfRangeException(nameof(compression)),
        };
    }

    /// <summary>How many zeros follow the compressed data in the file. Known at the end.</summary>
    public long Padding => _inner is GzipMembers gzip ? gzip.Padding : 0;

    public override int Read(Span<byte> buffer)
    {
        try
        {
            var count = _inner.Read(buffer);
            _position += count;
            return count;
        }
        catch (Exception exception) when (exception is IncompleteArchiveException or EndOfStreamException)
        {
            throw ArchiveFailure.ArchiveTruncated(_path, null, _position, exception);
        }
        catch (ZstdException exception) when (exception.Message.Contains("too much memory", StringComparison.Ordinal))
        {
            throw ArchiveFailure.CompressionNotSupported(
                _path, "zstd with a window of more than 128 MiB (--long or --ultra)", "zstd -d --long=31 -c OLD.tar.zst | zstd -o NEW.tar.zst", exception);
        }
        catch (InvalidDataException exception) when (_compression == ArchiveCompression.Gzip)
        {
            throw ArchiveFailure.ArchiveDamaged(_path, null, _position, $"the gzip stream is damaged: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is InvalidDataException or SharpCompressException or IOException)
        {
            throw ArchiveFailure.ArchiveDamaged(_path, null, _position, $"the {Name} stream is damaged", exception);
        }
    }

    private string Name => _compression == ArchiveCompression.Gzip ? "gzip" : "zstd";

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }
}
