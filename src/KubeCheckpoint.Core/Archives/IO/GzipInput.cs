namespace KubeCheckpoint.Archives.IO;

/// <summary>
/// The compressed bytes of <see cref="GzipMembers"/>: read one by one, or given to a decompressor in pieces, the last of which can be read
/// again.
/// </summary>
/// <param name="stream">The bytes.</param>
internal sealed class GzipInput(Stream stream)
{
    private const int PieceSize = 8 * 1024;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private long _offset;
    private int _next;
    private int _end;
    private int _pieceEnd;
    private int _pieceSize;

    /// <summary>The offset of the next byte.</summary>
    public long Position => _offset + _next;

    /// <summary>The offset of the last piece.</summary>
    public long PieceStart { get; private set; }

    /// <summary>Whether a piece was requested where there are no more bytes.</summary>
    public bool IsPastEnd { get; private set; }

    /// <summary>Whether there are no more bytes.</summary>
    public bool IsEnd => Fill(1) == 0;

    /// <summary>Whether the input ends within two pieces.</summary>
    public bool IsNearEnd => Fill(PieceSize * 2) < PieceSize * 2;

    /// <summary>The next bytes that are in memory.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_next.._end);

    /// <summary>The next byte.</summary>
    /// <exception cref="EndOfStreamException">There is none.</exception>
    public byte ReadByte() => Fill(1) > 0 ? _buffer[_next++] : throw new EndOfStreamException();

    /// <summary>Moves to the next byte that is not zero, or to the end, or past so many zeros and a few more.</summary>
    public void SkipZeros(long limit)
    {
        var end = Position + limit;
        while (Position <= end && Fill(1) > 0)
        {
            var other = _buffer.AsSpan(_next.._end).IndexOfAnyExcept((byte)0);
            _next = other < 0 ? _end : _next + other;
            if (other >= 0)
                break;
        }
    }

    /// <summary>Whether the next bytes are these, as far as there are more bytes.</summary>
    public bool StartsWith(ReadOnlySpan<byte> bytes) => bytes.StartsWith(_buffer.AsSpan(_next, Math.Min(Fill(bytes.Length), bytes.Length)));

    /// <summary>The bytes from here on, in pieces.</summary>
    public Stream OpenPieces()
    {
        (PieceStart, IsPastEnd, _pieceSize) = (Position, false, PieceSize);
        return new Pieces(this);
    }

    /// <summary>The bytes from an offset in the last piece on, in pieces of one byte.</summary>
    public Stream OpenPieces(long offset)
    {
        (_next, _pieceSize) = ((int)(offset - _offset), 1);
        return new Pieces(this);
    }

    /// <summary>
    /// Moves behind the first occurrence of some bytes that begins in the last piece or right after it. Where there is none, moves to the start
    /// of that piece.
    /// </summary>
    public bool TrySkipPast(ReadOnlySpan<byte> bytes)
    {
        _next = _pieceSize == 1 ? _pieceEnd : (int)(PieceStart - _offset);
        var piece = _pieceEnd - _next;
        var length = Math.Min(Fill(piece + bytes.Length), piece + bytes.Length);
        var found = _buffer.AsSpan(_next, length).IndexOf(bytes);
        if (found >= 0)
            _next += found + bytes.Length;
        return found >= 0;
    }

    // Returns how many bytes are in the buffer: at least the count, except at the end.
    private int Fill(int count)
    {
        if (_end - _next >= count)
            return _end - _next;
        _buffer.AsSpan(_next.._end).CopyTo(_buffer);
        (_offset, _pieceEnd, _end, _next) = (_offset + _next, _pieceEnd - _next, _end - _next, 0);
        _end += stream.ReadAtLeast(_buffer.AsSpan(_end), count - _end, throwOnEndOfStream: false);
        return _end;
    }

    private int ReadPiece(Span<byte> buffer)
    {
        IsPastEnd = Fill(1) == 0;
        var piece = _buffer.AsSpan(_next.._end);
        piece = piece[..Math.Min(piece.Length, Math.Min(buffer.Length, _pieceSize))];
        piece.CopyTo(buffer);
        PieceStart = Position;
        _next += piece.Length;
        _pieceEnd = _next;
        return piece.Length;
    }

    private sealed class Pieces(GzipInput input) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer) => input.ReadPiece(buffer);
    }
}
