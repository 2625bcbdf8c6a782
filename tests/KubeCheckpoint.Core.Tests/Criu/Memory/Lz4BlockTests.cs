using System.Text;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Core.Tests.Criu.Memory;

/// <summary>Tests the LZ4 block decoder with an encoder, hand-made blocks and damage.</summary>
public sealed class Lz4BlockTests
{
    public static TheoryData<string, byte[]> Contents => new()
    {
        { "nothing that repeats", [.. Enumerable.Range(0, 200).Select(i => (byte)(i * 7))] },
        { "one byte", [0x41] },
        { "a page of zeros", new byte[4096] },
        { "a short period", [.. Enumerable.Range(0, 4096).Select(i => (byte)(i % 3))] },
        { "text", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 300).Select(i => $"PATH=/usr/bin:{i} HOME=/root "))) },
        { "many literals", Random(70_000, 256) },
        { "few letters", Random(65_536, 3) },
        { "a match from far away", [.. Random(60, 256), .. Random(65_000, 256), .. Random(60, 256)] },
    };

    [Theory]
    [MemberData(nameof(Contents))]
    public void Decodes_what_was_encoded(string what, byte[] content)
    {
        var target = new byte[content.Length];

        Assert.True(Lz4Block.TryDecode(Lz4Encoder.Encode(content), target), what);
        Assert.Equal(content, target);
    }

    // Made by hand according to lz4_Block_format.md.
    [Theory]
    [InlineData("50 48656c6c6f", "Hello")]
    [InlineData("1a 61 0100 50 6162636465", "aaaaaaaaaaaaaaaabcde")]
    [InlineData("32 616263 0300 50 7879313233", "abcabcabcxy123")]
    [InlineData("f0 00 303132333435363738394142434445", "0123456789ABCDE")]
    [InlineData("00", "")]
    public void Decodes_what_the_format_describes(string block, string expected)
    {
        var target = new byte[expected.Length];

        Assert.True(Lz4Block.TryDecode(Convert.FromHexString(block.Replace(" ", "", StringComparison.Ordinal)), target));
        Assert.Equal(expected, Encoding.ASCII.GetString(target));
    }

    [Theory]
    [InlineData("", 5)]
    [InlineData("50 48656c6c", 5)]
    [InlineData("50 48656c6c6f", 4)]
    [InlineData("50 48656c6c6f", 6)]
    [InlineData("f0", 20)]
    [InlineData("f0 ff", 300)]
    [InlineData("f0 ffffffffff", 4096)]
    [InlineData("1a 61 0000 50 6162636465", 20)]
    [InlineData("1a 61 0200 50 6162636465", 20)]
    [InlineData("1a 61 01", 20)]
    [InlineData("1f 61 0100", 20)]
    [InlineData("1f 61 0100 ff", 20)]
    [InlineData("1f 61 0100 ff 00 50 6162636465", 20)]
    public void Refuses_broken_blocks_and_wrong_sizes(string block, int size) =>
        Assert.False(Lz4Block.TryDecode(Convert.FromHexString(block.Replace(" ", "", StringComparison.Ordinal)), new byte[size]));

    [Fact]
    public void No_block_holds_more_than_can_be_said()
    {
        var block = Lz4Encoder.Encode(new byte[1 << 20]);

        Assert.InRange(1 << 20, 1, Lz4Block.LargestContent(block.Length));
        Assert.InRange(block.Length, 1, (1 << 20) / 250);
    }

    private static byte[] Random(int length, int letters)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(letters))];
    }
}
