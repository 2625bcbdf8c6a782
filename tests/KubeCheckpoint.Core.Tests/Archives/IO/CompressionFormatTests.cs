using System.Text;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Core.Tests.Support;
using SharpCompress.Compressors.ZStandard;

namespace KubeCheckpoint.Core.Tests.Archives.IO;

public sealed class CompressionFormatTests
{
    // A skippable frame (RFC 8878, 3.1.2) with five bytes.
    private static readonly byte[] Skippable = [0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5];

    public static TheoryData<string, byte[]> Others => new()
    {
        { "xz", [0xfd, .. "7zXZ\0"u8] },
        { "bzip2", "BZh91AY&SY"u8.ToArray() },
        { "bzip2", [.. "BZh9"u8, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90] },
        { "lz4", [0x04, 0x22, 0x4d, 0x18, 0x64, 0x40] },
        { "lzip", "LZIP\u0001\u0017"u8.ToArray() },
        { "lzma", [0x5d, 0, 0, 0x80, 0, 0xff] },
        { "lzop", [0x89, .. "LZO\0\r"u8] },
        { "compress", [0x1f, 0x9d, 0x90, 0x63, 0x68, 0x65] },
        { "7-Zip", [.. "7z"u8, 0xbc, 0xaf, 0x27, 0x1c] },
        { "zip", [.. "PK"u8, 3, 4, 20, 0] },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Another_compression_is_named_with_a_command_that_repacks_it(string format, byte[] magic)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => Read([.. magic, .. new byte[2000]]));

        Assert.Equal("CompressionNotSupported", failure.ErrorId);
        Assert.Contains($"'memory.tar' is compressed with {format}. ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Repack it: ", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("'memory.tar' > NEW.tar", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_nested_tar_in_another_compression_is_named_too()
    {
        var archive = new TarBuilder().Add("spec.dump", TarBuilder.Spec).Add("rootfs-diff.tar", [0xfd, .. "7zXZ\0"u8, .. new byte[100]]).End();
        using var file = new ArchiveFile(new MemorySource(archive));

        var failure = Assert.Throws<KubeCheckpointException>(() => FileChangeReader.Read(file, CancellationToken.None).ToList());

        Assert.Contains("'memory.tar/rootfs-diff.tar' is compressed with xz", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BZh")]
    [InlineData("BZh5/config.dump")]
    [InlineData("PKG/a")]
    public void A_name_that_begins_like_a_magic_number_is_a_name(string name)
    {
        using var file = new ArchiveFile(new MemorySource(new TarBuilder().Add(name, "content").End()));

        Assert.Equal(name, Assert.Single(file.ReadIndex(CancellationToken.None)).Name);
    }

    [Fact]
    public void Zstd_is_read_with_several_frames_and_skippable_ones_anywhere()
    {
        var tar = File.ReadAllBytes(Fixture.PathOf("crio-counter.tar"));
        byte[] compressed = [.. Skippable, .. Zstd(tar.AsSpan(0, 1000)), .. Skippable, .. Skippable, .. Zstd(tar.AsSpan(1000)), .. Zstd([]), .. Skippable];

        Assert.Equal(ArchiveCompression.Zstd, Read(compressed).Compression);
        Assert.Equal(tar, GzipBytes.Read(compressed, ArchiveCompression.Zstd));
    }

    [Theory]
    [InlineData("a cut skippable frame", "ArchiveTruncated")]
    [InlineData("a cut frame", "ArchiveTruncated")]
    [InlineData("a wrong checksum", "ArchiveDamaged")]
    [InlineData("garbage after it", "ArchiveDamaged")]
    public void A_damaged_zstd_is_found(string what, string errorId)
    {
        var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("content ", 3000)));
        var frame = Zstd(content);
        byte[] compressed = what switch
        {
            "a cut skippable frame" => [.. frame, .. Skippable[..^1]],
            "a cut frame" => [.. Skippable, .. frame[..^5]],
            "a wrong checksum" => [.. frame[..^1], (byte)(frame[^1] ^ 1)],
            _ => [.. frame, .. "garbage!"u8],
        };

        Assert.Equal(errorId, Assert.Throws<KubeCheckpointException>(() => GzipBytes.Read(compressed, ArchiveCompression.Zstd)).ErrorId);
    }

    [Fact]
    public void A_zstd_window_beyond_128_mebibytes_is_not_damage()
    {
        // A frame header (RFC 8878, 3.1.1.1): no single segment, a window of 2 GiB; then an empty last block.
        byte[] compressed = [0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0];

        var failure = Assert.Throws<KubeCheckpointException>(() => GzipBytes.Read(compressed, ArchiveCompression.Zstd));

        Assert.Equal("CompressionNotSupported", failure.ErrorId);
        Assert.DoesNotContain("Fetch", failure.RecommendedAction, StringComparison.Ordinal);
    }

    private static CheckpointArchive Read(byte[] bytes) => Contents.HostileArchiveTests.Read(bytes);

    private static byte[] Zstd(ReadOnlySpan<byte> content)
    {
        using var target = new MemoryStream();
        using (var writer = new CompressionStream(target, leaveOpen: true))
        {
            writer.SetParameter(SharpCompress.Compressors.ZStandard.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
            writer.Write(content);
        }
        return target.ToArray();
    }
}
