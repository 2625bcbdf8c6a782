using System.Globalization;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// Reads the maps of sparse files in the formats of GNU tar ("Storing Sparse Files" in its manual): in headers of type S, in PAX records (0.0
/// and 0.1), and before the data (1.0).
/// </summary>
/// <param name="map">Collects the ranges, and what is wrong with them.</param>
/// <param name="readBlock">Reads the next block of the tar.</param>
internal sealed class SparseReader(SparseMapBuilder map, Action<byte[]> readBlock)
{
    private const string DataVersion = "1.0";

    // Where the entries are, in a header and in the blocks that continue it, and the flag behind them.
    private const int HeaderEntries = 386;
    private const int HeaderFlag = 482;
    private const int BlockFlag = 504;
    private const int EntrySize = 24;
    private const int FieldSize = 12;

    /// <summary>The versions that are read; the first one is not recorded.</summary>
    public static IReadOnlyList<string> Versions { get; } = ["", "0.0", "0.1", DataVersion];

    /// <summary>The map of a header of type S, and of the blocks that continue it.</summary>
    /// <param name="header">The header's block.</param>
    /// <param name="stored">How many bytes of data follow.</param>
    /// <returns>The map and the size of the file, or null with <see cref="SparseMapBuilder.Problem"/>.</returns>
    public (SparseMap Map, long Size)? ReadHeader(ReadOnlySpan<byte> header, long stored)
    {
        if (!TarNumber.TryParse(header.Slice(HeaderFlag + 1, FieldSize), out var size) || size < 0 || !AddEntries(header[HeaderEntries..HeaderFlag]))
            return Wrong();
        var block = new byte[TarHeader.BlockSize];
        for (var isContinued = header[HeaderFlag] != 0; isContinued; isContinued = block[BlockFlag] != 0)
        {
            readBlock(block);
            if (!AddEntries(block.AsSpan(0, BlockFlag)))
                return Wrong();
        }
        return Build(size, stored);
    }

    /// <summary>The map in the records, or at the beginning of the data.</summary>
    /// <param name="records">The records.</param>
    /// <param name="stored">How many bytes of data follow; what the map takes of them is subtracted.</param>
    /// <returns>The map and the size of the file, or null with <see cref="SparseMapBuilder.Problem"/>.</returns>
    public (SparseMap Map, long Size)? ReadPax(PaxRecords records, ref long stored)
    {
        if (records.SparseSize is not { } size)
            return Wrong();
        if (records.SparseVersion == DataVersion)
            return !records.HasSparseNumbers && ReadData(ref stored) ? Build(size, stored) : Wrong();
        if (records.SparseNumbers is not { Count: > 0 } numbers)
            return Wrong();
        for (var i = 0; i < numbers.Count; i += 2)
        {
            if (!map.TryAdd(numbers[i], numbers[i + 1]))
                return Wrong();
        }
        return Build(size, stored);
    }

    private bool AddEntries(ReadOnlySpan<byte> entries)
    {
        // An entry that begins with a zero byte is unused, and so are those after it.
        for (; entries.Length >= EntrySize && entries[0] != 0; entries = entries[EntrySize..])
        {
            if (!TarNumber.TryParse(entries[..FieldSize], out var start)
                || !TarNumber.TryParse(entries[FieldSize..EntrySize], out var length)
                || !map.TryAdd(start, length))
            {
                return false;
            }
        }
        return true;
    }

    // The number of ranges, then start and length of each: decimal numbers, one a line, in whole blocks.
    private bool ReadData(ref long stored)
    {
        var lines = new Lines(readBlock, stored);
        if (!lines.TryRead(out var count))
            return false;
        for (; count > 0; count--)
        {
            if (!lines.TryRead(out var start) || !lines.TryRead(out var length) || !map.TryAdd(start, length))
                return false;
        }
        stored -= lines.BytesRead;
        return true;
    }

    private (SparseMap Map, long Size)? Build(long size, long stored) => map.Build(size, stored) is { } built ? (built, size) : null;

    private (SparseMap Map, long Size)? Wrong()
    {
        map.Fail("its sparse map is malformed");
        return null;
    }

    /// <summary>The numbers at the beginning of the data.</summary>
    private sealed class Lines(Action<byte[]> readBlock, long limit)
    {
        // The digits of a number of 63 bits, and the end of its line.
        private const int LongestLine = 20;

        private readonly byte[] _block = new byte[TarHeader.BlockSize];
        private int _next = TarHeader.BlockSize;

        public long BytesRead { get; private set; }

        public bool TryRead(out long number)
        {
            Span<byte> line = stackalloc byte[LongestLine];
            for (var length = 0; length < LongestLine && TryReadByte(out line[length]); length++)
            {
                if (line[length] == '\n')
                    return long.TryParse(line[..length], NumberStyles.None, CultureInfo.InvariantCulture, out number);
            }
            number = 0;
            return false;
        }

        private bool TryReadByte(out byte octet)
        {
            octet = 0;
            if (_next == TarHeader.BlockSize)
            {
                if (limit - BytesRead < TarHeader.BlockSize)
                    return false;
                readBlock(_block);
                (_next, BytesRead) = (0, BytesRead + TarHeader.BlockSize);
            }
            octet = _block[_next++];
            return true;
        }
    }
}
