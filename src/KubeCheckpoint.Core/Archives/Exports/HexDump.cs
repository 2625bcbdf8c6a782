using System.Globalization;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Exports;

/// <summary>
/// Memory as <c>xxd</c> prints it: the address in at least eight digits, sixteen bytes in pairs, the same bytes as ASCII. Where bytes are
/// missing, the line ends and the next begins after them. Of a long run of zeros that need not be read, the first line and the last are printed, and
/// a star for those between them, as <c>xxd -a</c> does.
/// </summary>
internal sealed class HexDump(AddressSpace memory, CancellationToken cancellationToken)
{
    private const int LineLength = 16;

    // Of sixteen bytes: two digits each, a blank between pairs; one more before the text.
    private const int HexWidth = LineLength * 2 + LineLength / 2;
    private const string Digits = "0123456789abcdef";
    private const int BufferSize = 16 * 1024;

    // Shorter runs of zeros are printed: 64 Ki lines.
    private const ulong LongestZeros = 1024 * 1024;
    private const string Skipped = "*";

    private readonly byte[] _line = new byte[LineLength];
    private ulong _address;
    private int _count;

    /// <summary>The lines, read as they are enumerated.</summary>
    public IEnumerable<string> Read(MemoryRange range)
    {
        var buffer = new byte[BufferSize];
        foreach (var piece in MemoryPiece.Of(memory, range))
        {
            if (piece.IsMissing)
            {
                if (Flush() is { } line)
                    yield return line;
                continue;
            }
            for (var done = 0UL; done < piece.Length;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (done > 0 && piece is { IsZero: true, Length: > LongestZeros } && SkippedBytes(piece.Length - done) is > 0 and var skipped)
                {
                    yield return Skipped;
                    done += skipped;
                }
                // The line that has begun, and one of zeros.
                var count = piece is { IsZero: true, Length: > LongestZeros } && done == 0
                    ? (_count == 0 ? LineLength : 2 * LineLength - _count)
                    : (int)Math.Min((ulong)buffer.Length, piece.Length - done);
                Fill(piece, done, buffer.AsSpan(0, count));
                foreach (var line in Lines(buffer, count, piece.Address + done))
                    yield return line;
                done += (ulong)count;
            }
        }
        if (Flush() is { } last)
            yield return last;
    }

    // Whole lines, up to the last.
    private static ulong SkippedBytes(ulong left) => left > LineLength ? (left - 1) / LineLength * LineLength : 0;

    private static void Fill(in MemoryPiece piece, ulong start, Span<byte> destination)
    {
        if (piece.Extent is { IsZero: false } extent)
            extent.Store!.Read(extent.Run, extent.Start + (long)start, destination);
        else
            destination.Clear();
    }

    private IEnumerable<string> Lines(byte[] bytes, int count, ulong address)
    {
        for (var i = 0; i < count;)
        {
            if (_count == 0)
                _address = address + (ulong)i;
            var taken = Math.Min(LineLength - _count, count - i);
            bytes.AsSpan(i, taken).CopyTo(_line.AsSpan(_count));
            _count += taken;
            i += taken;
            if (_count == LineLength)
                yield return Flush()!;
        }
    }

    private string? Flush()
    {
        if (_count == 0)
            return null;
        var line = Format(_address, _line.AsSpan(0, _count));
        _count = 0;
        return line;
    }

    private static string Format(ulong address, ReadOnlySpan<byte> bytes)
    {
        Span<char> line = stackalloc char[16 + 2 + HexWidth + 1 + LineLength];
        address.TryFormat(line, out var length, "x8", CultureInfo.InvariantCulture);
        line[length++] = ':';
        line[length++] = ' ';
        var text = line[(length + HexWidth + 1)..];
        line.Slice(length, HexWidth + 1).Fill(' ');
        for (var i = 0; i < bytes.Length; i++)
        {
            line[length++] = Digits[bytes[i] >> 4];
            line[length++] = Digits[bytes[i] & 0xf];
            length += i & 1;
            text[i] = bytes[i] is >= 0x20 and < 0x7f ? (char)bytes[i] : '.';
        }
        return line[..^(text.Length - bytes.Length)].ToString();
    }
}
