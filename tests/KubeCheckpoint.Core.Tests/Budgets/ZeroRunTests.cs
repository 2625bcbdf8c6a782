using System.Text;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Comparison;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Expansion;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Logs;
using KubeCheckpoint.Archives.Search;
using KubeCheckpoint.Core.Tests.Archives.Search;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Budgets;

/// <summary>A terabyte of zeros that takes some kilobytes: it is searched, compared and written without being read.</summary>
public sealed class ZeroRunTests : IDisposable
{
    private const ulong Start = 0x100_0000_0000;
    private const ulong Length = 1UL << 40;
    private const string Text = "needle in zeros";

    // Some file systems have no larger files.
    private const long Hole = 1L << 34;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Kinds => ["blocks", "hole"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Text_around_zeros_is_found(string kind)
    {
        var matches = Searching.Find(Write(kind), new MemorySearchOptions { Patterns = [Text], SimpleMatch = true });

        Assert.Equal([Start + Length], matches.Select(match => match.Address));
        Assert.Contains(Text, matches[0].Context, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_match_may_begin_in_zeros(string kind)
    {
        var bytes = (byte[])[0, 0, 0, 0, (byte)'n', (byte)'e'];

        var match = Assert.Single(Searching.Find(Write(kind), new MemorySearchOptions { Bytes = bytes }));

        Assert.Equal(Start + Length - 4, match.Address);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_pattern_of_zeros_is_found_where_a_run_begins_and_not_in_its_middle(string kind)
    {
        var matches = Searching.Find(Write(kind), new MemorySearchOptions { Bytes = new byte[64] });

        Assert.Equal(Start, matches[0].Address);
        Assert.DoesNotContain(matches, match => match.Address > Start + 256 && match.Address < Start + Length - 256);
        Assert.InRange(matches.Count, 2, 100);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Zeros_are_compared_without_being_read(string kind)
    {
        var (before, after) = (Write(kind), Write(kind, "another text"));

        Assert.Empty(Compare(before, before));
        var change = Assert.Single(Compare(before, after)).Memory!;
        Assert.Equal(1, change.PagesChanged);
        Assert.Equal((long)(Length / 4096), change.PagesSame);
        Assert.Equal(Start + Length, Assert.Single(change.Ranges).Start);
    }

    [Fact]
    public void Zeros_in_blocks_and_in_a_hole_are_the_same() => Assert.Empty(Compare(Write("blocks"), Write("hole")));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_core_file_holds_what_is_not_zeros(string kind)
    {
        using var export = MemoryExport.Open(Write(kind), CancellationToken.None);

        var core = export.WriteCoreDump(1, Path.Combine(_folder.Path, "core"), overwrite: false, null);

        Assert.InRange(core.Size, 4096, 1_000_000);
        Assert.Contains(Text, Encoding.Latin1.GetString(File.ReadAllBytes(core.Path)), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_export_has_holes_where_zeros_are(string kind)
    {
        using var export = MemoryExport.Open(Write(kind), CancellationToken.None);
        var range = new MemoryRange(Start + Length - (ulong)Hole, Start + Length + 4096);

        var exported = export.WriteRange(1, range, Path.Combine(_folder.Path, "raw"), overwrite: false, null);

        Assert.Equal(0, exported.MissingBytes);
        AssertHoles(exported.Path, Hole + 4096, Hole, Text);
    }

    [Fact]
    public void A_hexdump_has_a_star_for_zeros()
    {
        using var export = MemoryExport.Open(Write("blocks"), CancellationToken.None);

        var lines = export.ReadHexDump(1, new MemoryRange(Start, Start + Length + 16)).ToList();

        Assert.Equal(
            [
                "10000000000: 0000 0000 0000 0000 0000 0000 0000 0000  ................",
                "*",
                "1fffffffff0: 0000 0000 0000 0000 0000 0000 0000 0000  ................",
                "20000000000: 6e65 6564 6c65 2069 6e20 7a65 726f 7300  needle in zeros.",
            ],
            lines);
    }

    [Fact]
    public void The_lines_of_a_hexdump_stay_aligned_after_zeros()
    {
        using var export = MemoryExport.Open(Write("blocks"), CancellationToken.None);

        var lines = export.ReadHexDump(1, new MemoryRange(Start + 5, Start + Length + 16)).ToList();

        Assert.Equal("*", lines[1]);
        Assert.Equal("1fffffffff5: 0000 0000 0000 0000 0000 006e 6565 646c  ...........needl", lines[^2]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sparse_member_is_expanded_with_holes(bool isCompressed)
    {
        // GNU tar ends the map of a sparse file that ends in a hole with an empty range.
        var tar = new TarBuilder().Checkpoint().Sparse("hole", "gnu", Hole, [(Hole / 2, 16), (Hole, 0)], Encoding.ASCII.GetBytes("sixteen letters!")).End();
        var request = new ExpansionRequest { ArchivePath = _folder.Write("x.tar", isCompressed ? GzipBytes.Member(tar) : tar), Destination = Path.Combine(_folder.Path, "out") };

        Assert.All(ArchiveExpansion.Expand(request, null, CancellationToken.None), result => Assert.Null(result.Failure));

        AssertHoles(Path.Combine(_folder.Path, "out", "hole"), Hole, Hole / 2, "sixteen letters!");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_log_with_a_hole_of_an_exbibyte_is_read_at_once(bool isCompressed)
    {
        const long Exbibyte = 1L << 60;
        var tar = new TarBuilder().Checkpoint().Sparse("dump.log", "gnu", Exbibyte, [(Exbibyte / 2, 16), (Exbibyte, 0)], Encoding.ASCII.GetBytes("\nsixteen letters")).End();
        var path = _folder.Write("x.tar", isCompressed ? GzipBytes.Member(tar) : tar);

        var lines = CheckpointLogReader.ReadDumpLog(path, CancellationToken.None).ToList();

        Assert.Equal(2, lines.Count);
    }

    [Fact]
    public void A_compressed_archive_of_zeros_takes_no_space_when_it_is_decompressed()
    {
        var tar = new TarBuilder().Checkpoint().Add("checkpoint/pages-1.img", new byte[64 * 1024 * 1024]).End();
        using var file = new ArchiveFile(new MemorySource(GzipBytes.Member(tar, level: System.IO.Compression.CompressionLevel.Fastest)));

        var decompressed = file.Decompress(CancellationToken.None);

        Assert.Equal(tar.Length, decompressed.Size);
        if (OperatingSystem.IsLinux())
            Assert.InRange(decompressed.Locate(decompressed.ReadIndex(CancellationToken.None)[^1]).StoredSize(), 0, 1_000_000);
    }

    private static void AssertHoles(string path, long length, long offset, string text)
    {
        using var file = FileByteSource.Open(path);
        Assert.Equal(length, file.Length);
        var bytes = new byte[text.Length];
        file.Read(bytes, offset);
        Assert.Equal(text, Encoding.ASCII.GetString(bytes));
        if (OperatingSystem.IsLinux())
            Assert.InRange(file.StoredSize(), text.Length, 1_000_000);
    }

    private static List<CheckpointDifference> Compare(string before, string after) =>
        [.. ArchiveComparer.Compare(new ComparisonRequest(before, after) { Kinds = [CheckpointDifferenceKind.Memory] }, CancellationToken.None)];

    // A map of zeros, and a page of text at its end.
    private string Write(string kind, string text = Text)
    {
        var page = Encoding.ASCII.GetBytes(text.PadRight(4096, '\0'));
        var last = new PagemapEntry { Vaddr = Start + Length, NrPages = 1, Flags = 4 };
        var core = ImageArchive.X86Core();
        var checkpoint = new SyntheticCheckpoint().Task(1, 0, core)
            .Add("mm-1.img", CriuImageType.Mm, new MmEntry { ExeFileId = 1, Vmas = { Zeros.Map(Start, Start + Length + 4096) } });
        if (kind == "blocks")
        {
            checkpoint.Add("pagemap-1.img", CriuImageType.Pagemap, Zeros.Pagemap(1, Start, Length, last)).Raw("checkpoint/pages-1.img", page);
            return _folder.Write($"{Guid.NewGuid():n}.tar", checkpoint.End());
        }
        checkpoint.Add("pagemap-1.img", CriuImageType.Pagemap, new PagemapHead { PagesId = 1 }, new PagemapEntry { Vaddr = Start, NrPages = Length / 4096 + 1, Flags = 4 });
        var tar = checkpoint.End();
        var pages = new TarBuilder().Sparse("checkpoint/pages-1.img", "gnu", (long)Length + 4096, [((long)Length, 4096)], page).End();
        return _folder.Write($"{Guid.NewGuid():n}.tar", [.. tar[..^1024], .. pages]);
    }
}
