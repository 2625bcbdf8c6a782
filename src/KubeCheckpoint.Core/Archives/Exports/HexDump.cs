using System.Globalization;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Exports;

/// <summary>
/// Memory as <c>xxd</c> prints it: the address in at least eight digits, sixteen bytes in pairs, the same bytes as ASCII. Where bytes are
/// missing, the line ends and the next begins after them.
/// </summary>
internal sealed class HexDump(AddressSpace memory, CancellationToken cancellationToken)
{
    private const int LineLength = 16;

    // Of sixteen bytes: two digits each, a blank between pairs; one more before the text.
    private const int HexWidth = LineLength * 2 + LineLength / 2;
    private const string Digits = "0123456789abcdef";
    private const int BufferSize = 16 * 1024;

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
                var count = (int)Math.Min((ulong)buffer.Length, piece.Length - done);
                Fill(piece, done, buffer.AsSpan(0, count));
                foreach (var line in Lines(buffer, count, piece.Address + done))
                    yield return line;
                done += (ulong)count;
            }
        }
        if (Flush() is { } last)
            yield return last;
    }

    private static void Fill(in MemoryPiece piece, ulong start, Span<byte> destination)
    {
        if (piece.Extent is { } extent)
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
