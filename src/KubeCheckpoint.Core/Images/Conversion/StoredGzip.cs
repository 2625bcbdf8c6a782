using System.Buffers.Binary;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Writes the gzip format (RFC 1952) without compression: blocks of type 0 (RFC 1951, 3.2.4). The output of a compressor differs from
/// version to version, and images must not.
/// </summary>
internal static class StoredGzip
{
    private const int LargestBlock = ushort.MaxValue;
    private const uint Polynomial = 0xedb88320;

    private static readonly uint[] Table = MakeTable();

    /// <summary>Writes the rest of a stream as a gzip member.</summary>
    public static void Write(Stream content, Stream target, CancellationToken cancellationToken)
    {
        // Deflate, no flags, no time, no extra flags, unknown operating system.
        target.Write([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
        var block = new byte[LargestBlock];
        var (checksum, length) = (uint.MaxValue, 0u);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = content.ReadAtLeast(block, block.Length, throwOnEndOfStream: false);
            WriteBlock(target, block.AsSpan(0, count), isLast: count < block.Length);
            checksum = Update(checksum, block.AsSpan(0, count));
            length = unchecked(length + (uint)count);
            if (count < block.Length)
                break;
        }
        Span<byte> end = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(end, ~checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(end[4..], length);
        target.Write(end);
    }

    private static void WriteBlock(Stream target, ReadOnlySpan<byte> bytes, bool isLast)
    {
        Span<byte> head = stackalloc byte[5];
        head[0] = isLast ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(head[1..], (ushort)bytes.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(head[3..], (ushort)~bytes.Length);
        target.Write(head);
        target.Write(bytes);
    }

    private static uint Update(uint checksum, ReadOnlySpan<byte> bytes)
    {
        foreach (var octet in bytes)
            checksum = Table[(byte)(checksum ^ octet)] ^ checksum >> 8;
        return checksum;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? value >> 1 ^ Polynomial : value >> 1;
            table[i] = value;
        }
        return table;
    }
}
