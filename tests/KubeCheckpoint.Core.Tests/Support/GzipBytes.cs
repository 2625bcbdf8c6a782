using System.Buffers.Binary;
using System.IO.Compression;
using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Writes gzip members with any header.</summary>
internal static class GzipBytes
{
    /// <summary>A member as RFC 1952 allows it.</summary>
    /// <param name="content">The content, possibly empty.</param>
    /// <param name="flags">The flags of the header.</param>
    /// <param name="fields">The fields of the header that the flags announce.</param>
    /// <param name="level">How the content is compressed.</param>
    public static byte[] Member(ReadOnlySpan<byte> content, byte flags = 0, byte[]? fields = null, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var target = new MemoryStream();
        target.Write([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255, .. fields ?? []]);
        if (content.IsEmpty)
            target.Write([3, 0]);
        using (var data = new DeflateStream(target, level, leaveOpen: true))
            data.Write(content);
        var trailer = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, Checksum(content));
        BinaryPrimitives.WriteUInt32LittleEndian(trailer.AsSpan(4), (uint)content.Length);
        target.Write(trailer);
        return target.ToArray();
    }

    /// <summary>The CRC-32, bit by bit.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var value = uint.MaxValue;
        foreach (var octet in bytes)
        {
            value ^= octet;
            for (var bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320 : value >> 1;
        }
        return ~value;
    }

    /// <summary>What the product reads of compressed bytes.</summary>
    public static byte[] Read(byte[] compressed, ArchiveCompression compression = ArchiveCompression.Gzip, int bufferSize = 81920)
    {
        using var stream = new DecompressedStream("memory.tar.gz", new MemoryStream(compressed), compression);
        using var content = new MemoryStream();
        stream.CopyTo(content, bufferSize);
        return content.ToArray();
    }
}
