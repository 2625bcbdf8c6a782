using System.Buffers.Binary;
using System.IO.Hashing;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Writes the gzip format (RFC 1952) without compression: blocks of type 0 (RFC 1951, 3.2.4). The output of a compressor differs from
/// version to version, and images must not.
/// </summary>
internal static class StoredGzip
{
    private const int LargestBlock = ushort.MaxValue;

    /// <summary>Writes the rest of a stream as a gzip member.</summary>
    public static void Write(Stream content, Stream target, CancellationToken cancellationToken)
    {
        // Deflate, no flags, no time, no extra flags, unknown operating system.
        target.Write([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
        var block = new byte[LargestBlock];
        var (checksum, length) = (new Crc32(), 0u);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = content.ReadAtLeast(block, block.Length, throwOnEndOfStream: false);
            WriteBlock(target, block.AsSpan(0, count), isLast: count < block.Length);
            checksum.Append(block.AsSpan(0, count));
            length = unchecked(length + (uint)count);
            if (count < block.Length)
                break;
        }
        Span<byte> end = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(end, checksum.GetCurrentHashAsUInt32());
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
}
