using System.IO.Hashing;

namespace KubeCheckpoint.Archives.IO;

/// <summary>The header of a gzip member (RFC 1952, section 2.3).</summary>
internal static class GzipHeader
{
    private const byte Deflate = 8;
    private const int HeaderChecksum = 0x02;
    private const int ExtraField = 0x04;
    private const int Name = 0x08;
    private const int Comment = 0x10;
    private const int Reserved = 0xe0;

    /// <summary>The first two bytes.</summary>
    public static ReadOnlySpan<byte> Magic => [0x1f, 0x8b];

    /// <summary>Reads a header to its end.</summary>
    /// <exception cref="EndOfStreamException">The input ends within it.</exception>
    /// <exception cref="InvalidDataException">It is not a header.</exception>
    public static void Skip(GzipInput input)
    {
        var (start, checksum) = (input.Position, new Crc32());
        if (Next() != Magic[0] || Next() != Magic[1] || Next() != Deflate)
            throw new InvalidDataException($"there is no gzip header at byte {start} of the file");
        var flags = Next();
        if ((flags & Reserved) != 0)
            throw new InvalidDataException($"the gzip header at byte {start} of the file has unknown flags");
        Skip(6);
        if ((flags & ExtraField) != 0)
            Skip(Next() | Next() << 8);
        if ((flags & Name) != 0)
            SkipText();
        if ((flags & Comment) != 0)
            SkipText();
        var expected = (ushort)checksum.GetCurrentHashAsUInt32();
        if ((flags & HeaderChecksum) != 0 && (Next() | Next() << 8) != expected)
            throw new InvalidDataException($"the checksum of the gzip header at byte {start} of the file is wrong");

        byte Next()
        {
            var octet = input.ReadByte();
            checksum.Append([octet]);
            return octet;
        }

        void Skip(int count)
        {
            while (count-- > 0)
                Next();
        }

        void SkipText()
        {
            while (Next() != 0)
            {
            }
        }
    }
}
