using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Tar;

public sealed class SparseFileTests
{
    private const long Tebibyte = 1L << 40;

    private static readonly string[] Formats = ["gnu", "0.0", "0.1", "1.0"];

    public static TheoryData<string> AllFormats => [.. Formats];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_file_with_holes_is_read_whole_and_at_any_offset(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            var (content, ranges) = MakeFile(random);
            var tar = new TarBuilder().Add("before", "1").Sparse("a/sparse", Formats[random.Next(4)], content.Length, ranges, Stored(content, ranges)).Add("after", "2").End();
            using var plain = new ArchiveFile(new MemorySource(tar));
            using var compressed = new ArchiveFile(new MemorySource(GzipBytes.Member(tar)));

            var index = plain.ReadIndex(CancellationToken.None);
            Assert.Equal(["before", "a/sparse", "after"], index.Select(member => member.Name));
            Assert.Equal(content, plain.ReadMember(index[1]));
            Assert.Equal(content, compressed.ReadMember(compressed.ReadIndex(CancellationToken.None)[1]));
            Assert.Equal(content, Scanned(compressed));
            Assert.Equal("2"u8.ToArray(), plain.ReadMember(index[2]));
            using var data = plain.OpenMember(index[1], CancellationToken.None);
            for (var i = 0; i < 20; i++)
            {
                data.Position = random.Next(content.Length + 1);
                var part = new byte[random.Next(2000)];
                var expected = content.AsSpan((int)data.Position, Math.Min(part.Length, content.Length - (int)data.Position)).ToArray();
                Assert.Equal(expected, part[..data.ReadAtLeast(part, part.Length, throwOnEndOfStream: false)]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_sparse_member_is_copied_unchanged_into_another_tar(string format)
    {
        (long, long)[] ranges = [.. Enumerable.Range(0, 30).Select(i => (i * 1000L, 7L))];
        var stored = new byte[210];
        new Random(1).NextBytes(stored);
        var tar = new TarBuilder().Sparse("sparse", format, 40_000, ranges, stored).Add("after", "2").End();
        using var copy = new MemoryStream();
        using var reader = new RawTarReader(new MemoryStream(tar), "memory.tar", CancellationToken.None);

        while (reader.Next() is { } member)
        {
            Assert.Equal(member.Name == "sparse" ? 40_000 : 1, member.Size);
            reader.CopyTo(copy);
        }

        Assert.Equal(tar[..^1024], copy.ToArray());
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_changed_file_of_a_container_has_its_size_with_holes(string format)
    {
        var diff = new TarBuilder().Sparse("var/db", format, Tebibyte, [(512, 3)], "abc"u8.ToArray()).Add("etc/x", "1").End();
        using var file = new ArchiveFile(new MemorySource(new TarBuilder().Add("spec.dump", TarBuilder.Spec).Add("rootfs-diff.tar", diff).End()));

        Assert.Equal([("/var/db", Tebibyte), ("/etc/x", 1)], FileChangeReader.Read(file, CancellationToken.None).Select(change => (change.Path, change.Size)));
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_hole_of_a_tebibyte_costs_nothing(string format)
    {
        var source = new MemorySource(new TarBuilder().Sparse("sparse", format, Tebibyte, [(Tebibyte - 3, 3)], "end"u8.ToArray()).End());
        using var file = new ArchiveFile(source);
        var member = Assert.Single(file.ReadIndex(CancellationToken.None));

        using var data = file.OpenMember(member, CancellationToken.None);
        data.Position = Tebibyte - 5;
        var end = new byte[10];

        Assert.Equal(5, data.ReadAtLeast(end, 10, throwOnEndOfStream: false));
        Assert.Equal("\0\0end\0\0\0\0\0"u8.ToArray(), end);
        Assert.InRange(source.BytesRead, 1, 8 * 1024);
        Assert.Equal("ArchiveMemberTooLarge", Assert.Throws<KubeCheckpointException>(() => file.ReadAll(member, data, 1000)).ErrorId);
    }

    public static TheoryData<string, long, long[], string> Hostile => new()
    {
        { "overlapping", 100, [0, 10, 9, 10], "overlap or are not in order" },
        { "descending", 100, [50, 10, 0, 10], "overlap or are not in order" },
        { "beyond the end", 15, [0, 10, 10, 10], "goes beyond its size of 15 bytes" },
        { "more than is stored", 100, [0, 10, 20, 50], "its sparse map has 60 bytes, and 20 are stored" },
        { "less than is stored", 100, [0, 10], "its sparse map has 10 bytes, and 20 are stored" },
        { "a sum beyond 63 bits", long.MaxValue, [long.MaxValue - 1, 20], "impossible range" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_map_that_cannot_be_is_damage(string what, long size, long[] numbers, string reason)
    {
        Assert.NotEmpty(what);
        foreach (var format in size == long.MaxValue ? Formats[1..] : Formats)
        {
            var ranges = numbers.Chunk(2).Select(pair => (pair[0], pair[1])).ToList();
            using var file = new ArchiveFile(new MemorySource(new TarBuilder().Sparse("x", format, size, ranges, new byte[20]).End()));

            var failure = Assert.Throws<KubeCheckpointException>(() => file.ReadIndex(CancellationToken.None));

            Assert.Equal("ArchiveDamaged", failure.ErrorId);
            Assert.Contains("in member 'x' at offset", failure.Message, StringComparison.Ordinal);
            Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a map that has no end", "its sparse map is malformed")]
    [InlineData("a number that has no end", "its sparse map is malformed")]
    [InlineData("text", "its sparse map is malformed")]
    [InlineData("a map that is cut", "truncated in member 'x'")]
    public void A_map_before_the_data_is_not_trusted(string what, string reason)
    {
        var map = what switch
        {
            "a map that has no end" => "4000000000\n0\n1\n",
            "a number that has no end" => new string('1', 600),
            "text" => "1\nzero\none\n",
            _ => "2\n0\n1\n",
        };
        var tar = new TarBuilder().Pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=9", "GNU.sparse.name=x");
        var bytes = what == "a map that is cut"
            ? [.. tar.Header("other", TarBuilder.Octal(2048)).Cut(), .. System.Text.Encoding.ASCII.GetBytes(map)]
            : tar.Add("other", System.Text.Encoding.ASCII.GetBytes(map.PadRight(1024, '\0'))).End();
        using var file = new ArchiveFile(new MemorySource(bytes));

        var failure = Assert.Throws<KubeCheckpointException>(() => file.ReadIndex(CancellationToken.None));

        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_without_end_is_refused_by_its_length_and_not_called_damage()
    {
        var builder = new SparseMapBuilder(limit: 1000);
        var refused = Enumerable.Range(0, 2000).First(i => !builder.TryAdd(i * 10L, 1));

        Assert.Equal((1000, true), (refused, builder.IsTooLong));
        Assert.Equal(1000, builder.Count);
    }

    [Fact]
    public void Ranges_of_all_files_together_are_limited()
    {
        var ranges = Enumerable.Range(0, 600_000).Select(i => (i * 2L, 1L)).ToList();
        var one = new TarBuilder().Sparse("one", "1.0", 2_000_000, ranges, new byte[600_000]);
        using var file = new ArchiveFile(new MemorySource(one.Sparse("two", "1.0", 2_000_000, ranges, new byte[600_000]).End()));

        var failure = Assert.Throws<KubeCheckpointException>(() => file.ReadIndex(CancellationToken.None));

        Assert.Equal("TarFormatNotSupported", failure.ErrorId);
        Assert.Contains("in member 'two'", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Fetch", failure.RecommendedAction, StringComparison.Ordinal);
    }

    private static byte[] Scanned(ArchiveFile file)
    {
        byte[] result = [];
        file.Scan((member, data) => result = member.Name == "a/sparse" ? file.ReadAll(member, data, int.MaxValue) : result, CancellationToken.None);
        return result;
    }

    private static (byte[] Content, List<(long Start, long Length)> Ranges) MakeFile(Random random)
    {
        var content = new byte[random.Next(60_000)];
        var ranges = new List<(long Start, long Length)>();
        var start = random.Next(3) * random.Next(1, 900);
        while (start < content.Length && ranges.Count < 80)
        {
            var length = Math.Min(content.Length - start, random.Next(1500));
            random.NextBytes(content.AsSpan(start, length));
            ranges.Add((start, length));
            start += length + random.Next(3) * random.Next(1, 900);
        }
        if (random.Next(2) == 0)
            ranges.Add((content.Length, 0));
        return (content, ranges);
    }

    private static byte[] Stored(byte[] content, IEnumerable<(long Start, long Length)> ranges) =>
        [.. ranges.SelectMany(range => content[(int)range.Start..(int)(range.Start + range.Length)])];
}
