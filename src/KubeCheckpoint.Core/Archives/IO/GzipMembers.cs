using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace KubeCheckpoint.Archives.IO;

/// <summary>
/// Reads gzip (RFC 1952): one member or several, as <c>cat a.gz b.gz</c>, bgzip, mgzip and eStargz write them, and zeros after the last one. The
/// checksum and length of each member are checked. GZipStream of the BCL takes a truncated file for a complete one and ignores what follows the last
/// member.
/// </summary>
/// <remarks>
/// DeflateStream does not tell where its data ended, only in which piece of input. The end is where that piece has the checksum and length of
/// what was decompressed: eight bytes that are known by then. Where that is nothing, they are zeros, and data is read again byte by byte.
/// </remarks>
/// <param name="compressed">The compressed bytes.</param>
internal sealed class GzipMembers(Stream compressed) : ReadOnlyStream
{
    private const int TrailerSize = 8;
    private const int LengthField = 4;

    // No writer makes more than a few; without a limit, a small file could keep a reader busy for hours without a byte.
    private const int EmptyMembers = 1000;

    // Tapes and disks pad to a block. A sparse file may have any number of zeros.
    private const long LongestPadding = 64 * 1024 * 1024;

    private readonly GzipInput _input = new(compressed);
    private readonly Crc32 _checksum = new();
    private DeflateStream? _data;
    private long _member;
    private long _dataStart;
    private uint _length;
    private int _empty;
    private bool _isEnd;

    /// <summary>How many zeros follow the last member. Known at the end.</summary>
    public long Padding { get; private set; }

    /// <exception cref="EndOfStreamException">The input ends within a member.</exception>
    /// <exception cref="InvalidDataException">The input is damaged; the message says how, and where in the file.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        while ((_data ??= Begin()) is { } data)
        {
            if (Inflate(data, buffer) is > 0 and var count)
            {
                _checksum.Append(buffer[..count]);
                _length = unchecked(_length + (uint)count);
                return count;
            }
            End(data);
        }
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _data?.Dispose();
        base.Dispose(disposing);
    }

    // The data of the next member, or null at the end of the file.
    private DeflateStream? Begin()
    {
        _isEnd = _isEnd || (_input.Position > 0 && IsEndOfMembers());
        if (_isEnd)
            return null;
        _member = _input.Position;
        GzipHeader.Skip(_input);
        (_dataStart, _length) = (_input.Position, 0);
        _checksum.Reset();
        return new DeflateStream(_input.OpenPieces(), CompressionMode.Decompress);
    }

    private bool IsEndOfMembers()
    {
        var end = _input.Position;
        _input.SkipZeros(LongestPadding);
        Padding = _input.Position - end;
        if (Padding > LongestPadding)
            throw new InvalidDataException($"more than {LongestPadding} zeros follow the last member, at byte {end} of the file");
        if (_input.IsEnd)
            return true;
        return Padding > 0 || !_input.StartsWith(GzipHeader.Magic)
            ? throw new InvalidDataException($"something else follows the last member, at byte {_input.Position} of the file")
            : false;
    }

    private int Inflate(DeflateStream data, Span<byte> buffer)
    {
        try
        {
            return data.Read(buffer);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"{Member} cannot be decompressed, near byte {_input.PieceStart} of the file", exception);
        }
    }

    private void End(DeflateStream data)
    {
        data.Dispose();
        _data = null;
        if (_input.IsPastEnd)
            throw new EndOfStreamException();
        if (_length == 0)
            FindEndOfNothing();
        Span<byte> trailer = stackalloc byte[TrailerSize];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _checksum.GetCurrentHashAsUInt32());
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[LengthField..], _length);
        if (!_input.TrySkipPast(trailer))
        {
            throw _input.IsNearEnd && IsCut(_input.Buffered, trailer)
                ? new EndOfStreamException()
                : new InvalidDataException($"the checksum or length of {Member} is wrong");
        }
        _empty = _length == 0 ? _empty + 1 : 0;
        if (_empty > EmptyMembers)
            throw new InvalidDataException($"more than {EmptyMembers} empty members follow each other");
    }

    private void FindEndOfNothing()
    {
        if (_input.PieceStart > _dataStart)
            throw new InvalidDataException($"{Member} has no content, and much data");
        using var data = new DeflateStream(_input.OpenPieces(_dataStart), CompressionMode.Decompress);
        data.ReadByte();
    }

    // Near the end of the file, half of the right trailer means that the other half is wrong. Otherwise the rest is missing.
    private static bool IsCut(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> trailer) =>
        rest.Length < TrailerSize
        || (rest[LengthField..].IndexOf(trailer[LengthField..]) < 0 && rest[..^LengthField].IndexOf(trailer[..LengthField]) < 0);

    private string Member => $"the member at byte {_member} of the file";
}
