using System.Text;
using KubeCheckpoint.Archives.Search;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Messages;
using static KubeCheckpoint.Core.Tests.Archives.Search.MemoryLayout;

namespace KubeCheckpoint.Core.Tests.Archives.Search;

/// <summary>Maps that adjoin in memory are searched as one, wherever their pages are stored; pages that only adjoin in a file are not.</summary>
public sealed class SearchLayoutTests : IDisposable
{
    private const ulong Here = 0x10000;
    private const string Needle = "KC-BORDER-needle";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<bool> Ways => [false, true];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Ways))]
    public void Over_the_border_of_two_pages_and_two_maps(bool asExpression) => AssertFound(
        new MemoryLayout().Private(1, Here, Page(end: "KC-BORD"), Page("ER-needle", "KC-BOR")).Private(1, Here + 0x2000, Page("DER-needle")),
        asExpression, (1, Here + 0x1000 - 7), (1, Here + 0x2000 - 6));

    [Theory]
    [MemberData(nameof(Ways))]
    public void Not_over_a_gap_of_addresses(bool asExpression) => AssertFound(
        new MemoryLayout().Private(1, Here, Page(end: "KC-BORD")).Private(1, Here + 0x2000, Page("ER-needle")), asExpression);

    [Theory]
    [MemberData(nameof(Ways))]
    public void Not_over_a_page_that_is_not_in_the_archive(bool asExpression) => AssertFound(
        new MemoryLayout().Private(1, Here, Page(end: "KC-BORD"), null, Page("ER-needle")), asExpression);

    [Theory]
    [MemberData(nameof(Ways))]
    public void Not_over_the_border_of_two_processes(bool asExpression) => AssertFound(
        new MemoryLayout().Private(1, Here, Page(end: "KC-BORD")).Private(2, Here + 0x1000, Page("ER-needle")), asExpression);

    [Theory]
    [MemberData(nameof(Ways))]
    public void Over_the_border_of_private_and_shared_memory(bool asExpression) => AssertFound(
        new MemoryLayout().Segment(7, Page("ER-needle", "KC-BOR"))
            .Private(1, Here, Page(end: "KC-BORD")).Shared(1, Here + 0x1000, 7, 0, 1).Private(1, Here + 0x2000, Page("DER-needle")),
        asExpression, (1, Here + 0x1000 - 7), (1, Here + 0x2000 - 6));

    [Theory]
    [MemberData(nameof(Ways))]
    public void Over_the_border_of_two_segments_in_two_pages_files(bool asExpression) => AssertFound(
        new MemoryLayout().Segment(7, Page(end: "KC-BORD")).Segment(8, Page("ER-needle"))
            .Shared(1, Here, 7, 0, 1).Shared(1, Here + 0x1000, 8, 0, 1),
        asExpression, (1, Here + 0x1000 - 7));

    [Theory]
    [MemberData(nameof(Ways))]
    public void Shared_memory_once_with_the_first_process_that_maps_it(bool asExpression) => AssertFound(
        new MemoryLayout().Segment(7, Page(Needle, "KC-BORD"), Page("ER-needle"))
            .Private(1, Here, Page(Needle)).Shared(2, Here, 7, 0, 2).Shared(2, Here + 0x5000, 7, 0, 2).Shared(3, Here, 7, 0, 2),
        asExpression, (1, Here), (2, Here), (2, Here + 0x1000 - 7));

    [Theory]
    [MemberData(nameof(Ways))]
    public void Shared_memory_mapped_twice_in_a_row_joins_anew(bool asExpression) => AssertFound(
        new MemoryLayout().Segment(7, Page("ER-needle", "KC-BORD")).Shared(1, Here, 7, 0, 1).Shared(1, Here + 0x1000, 7, 0, 1),
        asExpression, (1, Here + 0x1000 - 7));

    [Theory]
    [MemberData(nameof(Ways))]
    public void Another_part_of_a_segment_is_searched_where_it_is_mapped_first(bool asExpression) => AssertFound(
        new MemoryLayout().Segment(7, Page(Needle), Page(Needle, "KC-BORD"), Page("ER-needle"), Page(Needle))
            .Shared(1, Here, 7, 0, 2).Shared(2, Here, 7, 2, 2).Shared(3, Here, 7, 0, 4),
        asExpression, (1, Here), (1, Here + 0x1000), (2, Here + 0x1000), (3, Here + 0x2000 - 7));

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_adjoins_a_segment_in_another_process_is_another_match(bool asExpression) => AssertFound(
        new MemoryLayout().Segment(7, Page("ER-needle", Needle))
            .Shared(1, Here, 7, 0, 1).Private(2, Here, Page(end: "KC-BORD")).Shared(2, Here + 0x1000, 7, 0, 1),
        asExpression, (1, Here + 0x1000 - (ulong)Needle.Length), (2, Here + 0x1000 - 7));

    [Fact]
    public async Task A_large_segment_is_not_searched_anew_for_every_process()
    {
        var layout = new MemoryLayout().Segment(7, [.. Enumerable.Range(0, 64).Select(_ => Page(Needle))]);
        for (var id = 1u; id <= 40; id++)
            layout.Shared(id, Here, 7, 0, 64);
        var path = layout.Save(_folder);
        var done = new List<TransferProgress>();
        var processes = new List<int>();

        var search = MemorySearch.Create(Searching.Text(Needle));
        await foreach (var match in search.FindAsync(path, MemorySearchScope.All, failure => throw failure, new ImmediateProgress(done.Add), CancellationToken.None))
            processes.Add(match.ProcessId);

        Assert.Equal(Enumerable.Repeat(1, 64), processes);
        Assert.Equal((64 * PageSize, 64 * PageSize), (done[^1].Done, done[^1].Total));
    }

    [Fact]
    public void Matches_of_one_pattern_do_not_overlap_and_none_is_lost_at_the_border_of_batches()
    {
        var page = Encoding.ASCII.GetBytes(new string('a', PageSize));
        var path = new MemoryLayout().Private(1, Here, page, page, page, page, page).Save(_folder);

        foreach (var batch in new[] { 1024, 3000, 4096, 5000, 20000 })
        {
            var found = Searching.Find(path, Searching.Text("aaa"), batchSize: batch);
            Assert.Equal(Enumerable.Range(0, 5 * PageSize / 3).Select(i => Here + 3 * (ulong)i), found.Select(match => match.Address));
        }
    }

    [Fact]
    public void All_matches_are_returned_even_if_a_batch_cannot_keep_them()
    {
        var pages = Enumerable.Range(0, 20).Select(_ => Encoding.ASCII.GetBytes(new string('x', PageSize))).ToArray();
        var path = new MemoryLayout().Private(1, Here, pages).Save(_folder);

        Assert.Equal(20 * PageSize, Searching.Find(path, Searching.Text("X", caseSensitive: false)).Count);
        Assert.Equal(20 * PageSize, Searching.Find(path, Searching.Expression("[w-y]")).Count);
    }

    [Fact]
    public void Compressed_pages_are_found_and_have_no_offset()
    {
        var first = Page("KC-LZ4 stored as it is", "KC-BORD");
        var second = Page("ER-needle");
        var block = Compress(second, 9);
        var builder = new CheckpointBuilder().Tree(1).Task(1, 1)
            .Image("mm-1", "MM", new MmEntry { MmSavedAuxv = { 6, PageSize }, Vmas = { new VmaEntry { Start = Here, End = Here + 0x3000, Prot = 3, Flags = 0x22, Status = 513 } } })
            .Image("pagemap-1", "PAGEMAP", new PagemapHead { PagesId = 1 }, new PagemapEntry
            {
                Vaddr = Here,
                NrPages = 3,
                Flags = 4,
                Blocks = new PageBlocks { BlockSizes = { PageSize, (uint)block.Length, 0 }, PagesPerBlock = 1, TotalPayloadSize = (ulong)(PageSize + block.Length) },
            })
            .Member("checkpoint/pages-1.img", [.. first, .. block]);
        var path = builder.Save(_folder);

        Assert.Equal((Here + 0x1000 - 7, -1L), Assert.Single(Searching.Find(path, Searching.Text(Needle)).Select(match => (match.Address, match.Offset))));
        Assert.Equal((Here, -1L), Assert.Single(Searching.Find(path, Searching.Expression("KC-LZ4 s[a-z]+")).Select(match => (match.Address, match.Offset))));
    }

    [Fact]
    public void A_missing_pages_file_is_reported_and_the_other_processes_are_searched()
    {
        var failures = new List<KubeCheckpointException>();
        var path = Without(new MemoryLayout().Private(1, Here, Page(Needle)).Private(2, Here, Page(Needle)), "checkpoint/pages-1.img");

        var found = Searching.Find(path, Searching.Text(Needle), failures.Add);

        Assert.Equal(2, Assert.Single(found).ProcessId);
        Assert.Equal("ArchiveMemberMissing", Assert.Single(failures).ErrorId);
        Assert.Contains("checkpoint/pages-1.img", failures[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("checkpoint/mm-1.img", "CriuImageDamaged")]
    [InlineData("checkpoint/core-1.img", "CriuImageDamaged")]
    [InlineData("checkpoint/pagemap-1.img", "CriuImageDamaged")]
    [InlineData("checkpoint/pagemap-shmem-7.img", "CriuImageDamaged")]
    [InlineData("checkpoint/pagemap-1.img", "ArchiveMemberMissing")]
    public void A_damaged_image_is_reported_once_and_the_rest_is_searched(string member, string errorId)
    {
        var failures = new List<KubeCheckpointException>();
        var layout = new MemoryLayout().Segment(7, Page("shared")).Private(1, Here, Page(Needle)).Shared(1, Here + 0x1000, 7, 0, 1).Shared(1, Here + 0x2000, 7, 0, 1).Private(2, Here, Page(Needle));
        var path = Without(layout, member, errorId == "ArchiveMemberMissing" ? null : content => [.. content.AsSpan(0, 10)]);

        var found = Searching.Find(path, Searching.Text(Needle), failures.Add);

        Assert.Contains(2, found.Select(match => match.ProcessId));
        Assert.Equal(errorId, Assert.Single(failures).ErrorId);
        Assert.Contains(member, failures[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_pages_file_is_reported_and_searched_up_to_its_end()
    {
        var failures = new List<KubeCheckpointException>();
        var builder = new CheckpointBuilder().Tree(1).Task(1, 1)
            .Image("mm-1", "MM", new MmEntry { MmSavedAuxv = { 6, PageSize }, Vmas = { new VmaEntry { Start = Here, End = Here + 0x3000, Prot = 3, Flags = 0x22, Status = 513 } } })
            .Image("pagemap-1", "PAGEMAP", new PagemapHead { PagesId = 1 }, new PagemapEntry { Vaddr = Here, NrPages = 3, Flags = 4 })
            .Member("checkpoint/pages-1.img", [.. Page(Needle), .. Page(Needle).AsSpan(0, 100)]);

        var found = Searching.Find(builder.Save(_folder), Searching.Text(Needle), failures.Add);

        Assert.Equal([Here, Here + 0x1000], found.Select(match => match.Address));
        Assert.Equal("CriuImageDamaged", Assert.Single(failures).ErrorId);
        Assert.Contains("checkpoint/pages-1.img", failures[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pages_of_a_parent_checkpoint_are_reported()
    {
        var failures = new List<KubeCheckpointException>();
        var builder = new CheckpointBuilder().Tree(1).Task(1, 1)
            .Image("mm-1", "MM", new MmEntry { MmSavedAuxv = { 6, PageSize }, Vmas = { new VmaEntry { Start = Here, End = Here + 0x3000, Prot = 3, Flags = 0x22, Status = 513 } } })
            .Image("pagemap-1", "PAGEMAP", new PagemapHead { PagesId = 1 }, new PagemapEntry { Vaddr = Here, NrPages = 2, Flags = 1 }, new PagemapEntry { Vaddr = Here + 0x2000, NrPages = 1, Flags = 4 })
            .Member("checkpoint/pages-1.img", Page(Needle));

        var found = Searching.Find(builder.Save(_folder), Searching.Text(Needle), failures.Add);

        Assert.Equal((Here + 0x2000, 0L), Assert.Single(found.Select(match => (match.Address, match.Offset))));
        Assert.Equal("PagesNotInArchive", Assert.Single(failures).ErrorId);
        Assert.Contains("8192 bytes of process 1", failures[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_context_crosses_batches_and_has_no_control_characters()
    {
        var path = new MemoryLayout().Private(1, Here, Page("\u001b[31mred\u0007\u202e", "before-KC-BORD"), Page("ER-needle-behind"), Page("next")).Save(_folder);
        var options = Searching.Text(Needle) with { Context = 7 };

        Assert.All([512, 4096, Searching.UsualBatch], batch =>
            Assert.Equal("before-KC-BORDER-needle-behind", Assert.Single(Searching.Find(path, options, batchSize: batch)).Context));
        Assert.Equal(".[31mred...", Assert.Single(Searching.Find(path, Searching.Text("red") with { Context = 5 })).Context[..11]);
    }

    [Fact]
    public void Memory_that_takes_too_long_to_search_is_skipped_and_reported()
    {
        var failures = new List<KubeCheckpointException>();
        var path = new MemoryLayout().Private(1, Here, Encoding.ASCII.GetBytes(new string('x', PageSize))).Private(2, Here, Page("xxy")).Save(_folder);

        var found = Searching.Find(path, new MemorySearchOptions { Patterns = [@"(?<=x)(x+x*)+y", "xxy"], Encoding = MemoryEncoding.Utf8 }, failures.Add);

        Assert.Equal([(2, "xxy", "xxy"), (2, "xy", @"(?<=x)(x+x*)+y")], found.Select(match => (match.ProcessId, match.Match, match.Pattern)));
        Assert.Equal("SearchTimedOut", Assert.Single(failures).ErrorId);
        Assert.Contains("at 0x10000 of process 1", failures[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_within_a_second_of_its_cancellation()
    {
        var pages = Enumerable.Range(0, 2000).Select(_ => Encoding.ASCII.GetBytes(new string('x', PageSize))).ToArray();
        var path = new MemoryLayout().Private(1, Here, pages).Save(_folder);
        using var stopping = new CancellationTokenSource();
        var search = MemorySearch.Create(Searching.Expression(@"(?<=x)(x+x+)+y"));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            stopping.CancelAfter(100);
            await foreach (var match in search.FindAsync(path, MemorySearchScope.All, _ => Task.CompletedTask, null, stopping.Token))
                Assert.Fail("Nothing matches.");
        });
    }

    private void AssertFound(MemoryLayout layout, bool asExpression, params (int, ulong)[] expected)
    {
        var options = asExpression ? Searching.Expression("KC-B[O]RDER-need[l]e") : Searching.Text(Needle);
        var path = layout.Save(_folder);

        Assert.All([64, 1000, 4096, Searching.UsualBatch], batch =>
            Assert.Equal(expected, Searching.Find(path, options, batchSize: batch).Select(match => (match.ProcessId, match.Address))));
    }

    private string Without(MemoryLayout layout, string member, Func<byte[], byte[]>? replace = null)
    {
        var tar = new TarBuilder();
        using var archive = KubeCheckpoint.Archives.Contents.ArchiveFile.Open(layout.Save(_folder));
        archive.Scan(
            (found, data) =>
            {
                var content = archive.ReadAll(found, data, int.MaxValue);
                if (found.Name != member)
                    tar.Add(found.Name, content);
                else if (replace is not null)
                    tar.Add(found.Name, replace(content));
            },
            CancellationToken.None);
        return _folder.Write("without.tar", tar.End());
    }

    // Literals, zeros as one match of distance 1, and the five literals at the end of a block (lz4 Block Format description).
    private static byte[] Compress(byte[] page, int literals)
    {
        var match = page.Length - literals - 1 - 5 - 4 - 15;
        return
        [
            (byte)(literals + 1 << 4 | 15), .. page.AsSpan(0, literals + 1), 1, 0,
            .. Enumerable.Repeat((byte)255, match / 255), (byte)(match % 255),
            5 << 4, .. page.AsSpan(page.Length - 5),
        ];
    }
}
