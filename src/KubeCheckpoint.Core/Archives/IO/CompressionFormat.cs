namespace KubeCheckpoint.Archives.IO;

/// <summary>Detects by the first bytes of a file how it is compressed. A tar of an engine begins with a name.</summary>
internal static class CompressionFormat
{
    /// <summary>How many bytes are needed.</summary>
    public const int MagicSize = 6;

    /// <summary>Detects gzip (RFC 1952) and zstd (RFC 8878), which may begin with a skippable frame.</summary>
    /// <param name="path">The name used in messages.</param>
    /// <param name="magic">The first bytes; fewer than <see cref="MagicSize"/> only where the file has no more.</param>
    /// <exception cref="KubeCheckpointException">CompressionNotSupported for other compressions.</exception>
    public static ArchiveCompression Detect(string path, ReadOnlySpan<byte> magic) => magic switch
    {
        [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0] => throw NotSupported(path, "xz", "xz -dc"),
        [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', 0x31 or 0x17, ..] => throw NotSupported(path, "bzip2", "bzip2 -dc"),
        [0x04, 0x22, 0x4d, 0x18, ..] or [0x02, 0x21, 0x4c, 0x18, ..] => throw NotSupported(path, "lz4", "lz4 -dc"),
        [(byte)'L', (byte)'Z', (byte)'I', (byte)'P', ..] => throw NotSupported(path, "lzip", "lzip -dc"),
        [0x5d, 0, 0, ..] => throw NotSupported(path, "lzma", "xz --format=lzma -dc"),
        [0x89, (byte)'L', (byte)'Z', (byte)'O', 0, ..] => throw NotSupported(path, "lzop", "lzop -dc"),
        [0x1f, 0x9d, ..] => throw NotSupported(path, "compress", "gzip -dc"),
        [(byte)'7', (byte)'z', 0xbc, 0xaf, ..] => throw NotSupported(path, "7-Zip", "7z x -so"),
        [(byte)'P', (byte)'K', 3, 4, ..] => throw NotSupported(path, "zip", "unzip -p"),
        _ => Find(magic),
    };

    /// <summary>Detects gzip and zstd; all others are as good as none.</summary>
    /// <param name="magic">The first bytes.</param>
    public static ArchiveCompression Find(ReadOnlySpan<byte> magic) => magic switch
    {
        [0x1f, 0x8b, ..] => ArchiveCompression.Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] or [>= 0x50 and <= 0x5f, 0x2a, 0x4d, 0x18, ..] => ArchiveCompression.Zstd,
        _ => ArchiveCompression.None,
    };

    private static KubeCheckpointException NotSupported(string path, string format, string command) =>
        ArchiveFailure.CompressionNotSupported(path, format, $"{command} '{path}' > NEW.tar");
}
