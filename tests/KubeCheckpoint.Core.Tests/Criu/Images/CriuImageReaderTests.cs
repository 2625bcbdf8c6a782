using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Core.Tests.Criu.Images;

public sealed class CriuImageReaderTests
{
    private const long Size = 1L << 62;

    private static readonly byte[] Inventory = [0x16, 0x31, 0x31, 0x58];

    [Fact]
    public void Skips_a_payload_without_reading_it()
    {
        using var stream = Sparse();
        var reader = new CriuImageReader(stream, new CriuImageName("x.tar", "x.img"));

        reader.SkipPayload(Size - 12);

        Assert.Equal(Size - 8, reader.Offset);
        Assert.True(reader.TryReadBytes(out var bytes));
        Assert.True(bytes.IsEmpty);
        reader.SkipPayload(4);
        Assert.False(reader.TryReadBytes(out _));
    }

    [Fact]
    public void A_payload_beyond_the_end_is_damage()
    {
        using var stream = Sparse();
        var reader = new CriuImageReader(stream, new CriuImageName("x.tar", "x.img"));

        var failure = Assert.Throws<KubeCheckpointException>(() => reader.SkipPayload(Size - 3));

        Assert.Contains("it ends 1 bytes before the end of a payload", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Zeros_are_not_entries_for_ever()
    {
        using var stream = Sparse();
        var reader = new CriuImageReader(stream, new CriuImageName("x.tar", "x.img"));
        for (var i = 0; i < 1000; i++)
            Assert.True(reader.TryReadBytes(out _));

        var failure = Assert.Throws<KubeCheckpointException>(() => reader.TryReadBytes(out _));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("more than 1000 empty entries follow each other", failure.Message, StringComparison.Ordinal);
    }

    private static ByteSourceStream Sparse() => new(new SparseSource(new MemorySource(Inventory), 0, Size, new SparseMap([(0, Inventory.Length)])), 0, Size);
}
