using System.IO.Compression;
using System.Text;
using SharpCompress.Common;
using ZstdStream = SharpCompress.Compressors.ZStandard.DecompressionStream;

namespace KubeCheckpoint.Archives.IO;

/// <summary>
/// The names in a tar of any kind, as far as they tell what it is. Reading it properly, with all checks, is for a tar that is to be used.
/// </summary>
internal static class TarNames
{
    private const int BlockSize = 512;
    private const int MostNames = 1000;

    // A compressed tar is decompressed from its beginning; the names that matter are among the first.
    private const long MostDecompressed = 4 * 1024 * 1024;

    /// <summary>The names, without a leading <c>./</c> and the slash of a folder; none for a file that is no tar.</summary>
    /// <param name="file">The file, at its beginning.</param>
    /// <param name="head">Its first bytes.</param>
    public static HashSet<string> Read(Stream file, ReadOnlySpan<byte> head)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        using var tar = CompressionFormat.Find(head) switch
        {
            ArchiveCompression.Gzip => new GZipStream(file, CompressionMode.Decompress),
            ArchiveCompression.Zstd => new ZstdStream(file),
            _ => file,
        };
        try
        {
            Read(tar, names);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or SharpCompressException)
        {
            // What was read so far tells the kind of a damaged tar, too.
        }

        return names;
    }

    private static void Read(Stream tar, HashSet<string> names)
    {
        var block = new byte[BlockSize];
        long position = 0;
        while (names.Count < MostNames && tar.ReadAtLeast(block, BlockSize, throwOnEndOfStream: false) == BlockSize)
        {
            if (!block.AsSpan(257, 5).SequenceEqual("ustar"u8) || SizeIn(block) is not { } size)
                return;
            if ((char)block[156] is '0' or '\0' or '5')
                names.Add(NameIn(block));
            position += BlockSize + size;
            if (tar.CanSeek)
                tar.Position = position;
            else if (position > MostDecompressed)
                return;
            else
                Skip(tar, size);
        }
    }

    private static string NameIn(ReadOnlySpan<byte> block)
    {
        var name = block[..100];
        var end = name.IndexOf((byte)0);
        var text = Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
        return (text.StartsWith("./", StringComparison.Ordinal) ? text[2..] : text).TrimEnd('/');
    }

    // With the padding to whole blocks. Sizes beyond 8 GiB, which are no octal digits, end the reading.
    private static long? SizeIn(ReadOnlySpan<byte> block)
    {
        long size = 0;
        foreach (var digit in block[124..136].Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return null;
            size = (size * 8) + (digit - '0');
        }

        return (size + BlockSize - 1) / BlockSize * BlockSize;
    }

    private static void Skip(Stream tar, long count)
    {
        Span<byte> scrap = stackalloc byte[4096];
        while (count > 0 && tar.Read(scrap[..(int)Math.Min(scrap.Length, count)]) is var read and > 0)
            count -= read;
    }
}
