using System.IO.Compression;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.IO;

public sealed class GzipTests : IDisposable
{
    // The extra field in which bgzip (SAM specification, section 4.1) has the size of a block.
    private static readonly byte[] BlockField = [6, 0, (byte)'B', (byte)'C', 2, 0, 1, 2];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Whole => ["two members", "blocks and an empty one", "an empty one first", "an empty one between", "zeros after it", "an empty one and zeros", "every field of a header"];

    [Theory]
    [MemberData(nameof(Whole))]
    public void Is_read_whole(string what)
    {
        var tar = File.ReadAllBytes(Fixture.PathOf("crio-counter.tar"));

        Assert.Equal(tar, GzipBytes.Read(Make(what, tar)));
    }

    [Theory]
    [MemberData(nameof(Whole))]
    public void Is_an_archive_like_any_other(string what)
    {
        var path = Path.Combine(_folder.Path, "counter.tar.gz");
        File.WriteAllBytes(path, Make(what, File.ReadAllBytes(Fixture.PathOf("crio-counter.tar"))));

        var processes = CheckpointProcessReader.Read(path, new ProcessQuery(), CancellationToken.None).Select(process => process.CommandLine);

        Assert.Equal(CheckpointProcessReader.Read(Fixture.PathOf("crio-counter.tar"), new ProcessQuery(), CancellationToken.None).Select(process => process.CommandLine), processes);
        Assert.DoesNotContain(KubeCheckpoint.Archives.Checks.ArchiveChecker.Check(path, CancellationToken.None), finding => finding.Severity == FindingSeverity.Error);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Members_of_any_size_and_level_are_read_in_pieces_of_any_size(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 40; round++)
        {
            var content = new List<byte>();
            var compressed = new List<byte>();
            for (var members = random.Next(1, 12); members > 0; members--)
            {
                var part = new byte[random.Next(4) switch { 0 => 0, 1 => random.Next(1, 20), 2 => random.Next(8000, 8400), _ => random.Next(200_000) }];
                random.NextBytes(part.AsSpan(0, random.Next(part.Length + 1)));
                content.AddRange(part);
                compressed.AddRange(GzipBytes.Member(part, level: (CompressionLevel)random.Next(4)));
            }
            compressed.AddRange(new byte[random.Next(3) * random.Next(70_000)]);

            Assert.Equal(content, GzipBytes.Read([.. compressed], bufferSize: random.Next(1, 100_000)));
        }
    }

    [Fact]
    public void A_cut_at_any_byte_of_any_member_is_found()
    {
        byte[] first = GzipBytes.Member("the first member"u8), second = GzipBytes.Member(new byte[700]), empty = GzipBytes.Member([]);
        byte[] whole = [.. first, .. second, .. empty];
        int[] ends = [first.Length, first.Length + second.Length];

        for (var length = 2; length < whole.Length; length++)
        {
            if (ends.Contains(length))
                continue;
            var failure = Assert.Throws<KubeCheckpointException>(() => GzipBytes.Read(whole[..length]));
            Assert.Equal("ArchiveTruncated", failure.ErrorId);
        }
    }

    [Theory]
    [InlineData(1, "the checksum or length of the member at byte 0 of the file is wrong")]
    [InlineData(2, "the checksum or length of the member at byte {1} of the file is wrong")]
    [InlineData(3, "the checksum or length of the member at byte {2} of the file is wrong")]
    public void A_wrong_checksum_is_found_in_every_member(int damaged, string reason)
    {
        byte[][] members = [GzipBytes.Member(Noise(30_000)), GzipBytes.Member(Noise(50)), GzipBytes.Member(Noise(9_000))];
        members[damaged - 1][^6] ^= 1;
        var whole = members.SelectMany(member => member).ToArray();
        reason = string.Format(reason, 0, members[0].Length, members[0].Length + members[1].Length);

        var failure = Assert.Throws<KubeCheckpointException>(() => GzipBytes.Read(whole));

        Assert.Equal("ArchiveDamaged", failure.ErrorId);
        Assert.Contains($"the gzip stream is damaged: {reason}", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public void Something_after_the_last_member_is_found_by_its_offset(int zeros)
    {
        var member = GzipBytes.Member(Noise(20_000));

        var failure = Assert.Throws<KubeCheckpointException>(() => GzipBytes.Read([.. member, .. new byte[zeros], .. "garbage"u8]));

        Assert.Equal("ArchiveDamaged", failure.ErrorId);
        Assert.Contains($"at offset 20000: the gzip stream is damaged: something else follows the last member, at byte {member.Length + zeros} of the file", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_flipped_anywhere_is_found()
    {
        byte[] whole = [.. GzipBytes.Member(Noise(500)), .. GzipBytes.Member("text, text, text, text"u8), .. GzipBytes.Member([])];
        var content = GzipBytes.Read(whole);
        for (var i = 0; i < whole.Length * 8; i++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[i / 8] ^= (byte)(1 << i % 8);
            try
            {
                // Times, names and the like have no checksum.
                Assert.Equal(content, GzipBytes.Read(damaged));
            }
            catch (KubeCheckpointException failure)
            {
                Assert.Contains(failure.ErrorId, (string[])["ArchiveDamaged", "ArchiveTruncated"]);
            }
        }
    }

    [Fact]
    public void A_wrong_checksum_of_a_header_is_found()
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => GzipBytes.Read(GzipBytes.Member("a"u8, 2, [1, 2])));

        Assert.Contains("the checksum of the gzip header at byte 0 of the file is wrong", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Members_without_content_do_not_keep_a_reader_forever()
    {
        var empty = GzipBytes.Member([]);
        var many = new byte[empty.Length * 1002];
        for (var i = 0; i < many.Length; i++)
            many[i] = empty[i % empty.Length];

        var failure = Assert.Throws<KubeCheckpointException>(() => GzipBytes.Read(many));

        Assert.Contains("more than 1000 empty members", failure.Message, StringComparison.Ordinal);
    }

    private static byte[] Make(string what, byte[] tar) => what switch
    {
        "two members" => [.. GzipBytes.Member(tar.AsSpan(0, 200_000)), .. GzipBytes.Member(tar.AsSpan(200_000))],
        "blocks and an empty one" => [.. tar.Chunk(65_280).SelectMany(block => GzipBytes.Member(block, 4, BlockField)), .. GzipBytes.Member([], 4, BlockField)],
        "an empty one first" => [.. GzipBytes.Member([]), .. GzipBytes.Member(tar)],
        "an empty one between" => [.. GzipBytes.Member(tar.AsSpan(0, 1000)), .. GzipBytes.Member([]), .. GzipBytes.Member(tar.AsSpan(1000))],
        "zeros after it" => [.. GzipBytes.Member(tar), .. new byte[10_240]],
        "an empty one and zeros" => [.. GzipBytes.Member(tar), .. GzipBytes.Member([]), .. new byte[3]],
        "every field of a header" => GzipBytes.Member(tar, 0x1f, HeaderFields()),
        _ => throw new ArgumentException(what),
    };

    private static byte[] HeaderFields()
    {
        byte[] fields = [.. BlockField, .. "checkpoint.tar\0"u8, .. "a comment\0"u8];
        var checksum = GzipBytes.Checksum([0x1f, 0x8b, 8, 0x1f, 0, 0, 0, 0, 0, 255, .. fields]);
        return [.. fields, (byte)checksum, (byte)(checksum >> 8)];
    }

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
