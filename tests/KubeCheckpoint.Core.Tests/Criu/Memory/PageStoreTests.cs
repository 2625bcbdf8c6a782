using KubeCheckpoint.Core.Tests.Criu.Documents;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Criu.Memory;

/// <summary>Pagemaps and their pages, compressed and uncompressed.</summary>
public sealed class PageStoreTests
{
    private const int PageSize = 4096;
    private const ulong Address = 0x7f00_0000_0000;

    [Fact]
    public void Pages_are_counted_in_either_field()
    {
        var runs = Read(
            new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 2 },
            new PagemapEntry { Vaddr = 0x4000, CompatNrPages = 0, NrPages = 3, Flags = 4 },
            new PagemapEntry { Vaddr = 0x8000, CompatNrPages = 7, NrPages = 1, Flags = 4 }).Runs;

        Assert.Equal([2L, 3L, 1L], runs.Select(run => run.Length / PageSize));
        Assert.Equal([0L, 2 * PageSize, 5 * PageSize], runs.Select(run => run.Offset));
    }

    [Fact]
    public void Without_flags_a_page_is_in_the_parent_or_here()
    {
        var runs = Read(
            new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 1, InParent = true },
            new PagemapEntry { Vaddr = 0x2000, CompatNrPages = 1, InParent = false },
            new PagemapEntry { Vaddr = 0x3000, CompatNrPages = 1 }).Runs;

        Assert.Equal([PageFlags.Parent, PageFlags.Present, PageFlags.Present], runs.Select(run => run.Flags));
        Assert.Equal([-1L, 0, PageSize], runs.Select(run => run.Offset));
    }

    [Fact]
    public void Only_present_pages_take_space()
    {
        var pagemap = Read(
            new PagemapEntry { Vaddr = 0x1000, NrPages = 1, Flags = 2 },
            new PagemapEntry { Vaddr = 0x2000, NrPages = 2, Flags = 4 },
            new PagemapEntry { Vaddr = 0x4000, NrPages = 4, Flags = 1 },
            new PagemapEntry { Vaddr = 0x8000, NrPages = 1, Flags = 6 });

        Assert.Equal([-1L, 0, -1, 2 * PageSize], pagemap.Runs.Select(run => run.Offset));
        Assert.Equal(3 * PageSize, pagemap.PayloadSize);
        Assert.Equal(1, pagemap.FindRun(0x2fff));
        Assert.Equal(4, pagemap.FindRun(0x9000));
    }

    [Theory]
    [InlineData(0x3000, 1, 0x1000, 1)]
    [InlineData(0x1000, 3, 0x3000, 1)]
    [InlineData(0x1000, 1, 0x1000, 1)]
    public void Runs_that_overlap_or_go_back_are_refused(ulong first, ulong firstPages, ulong second, ulong secondPages)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => Read(
            new PagemapEntry { Vaddr = first, NrPages = firstPages, Flags = 4 },
            new PagemapEntry { Vaddr = second, NrPages = secondPages, Flags = 4 }));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("out of order", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x1000, ulong.MaxValue)]
    [InlineData(0x1000, ulong.MaxValue / PageSize)]
    [InlineData(0xffff_ffff_ffff_f000, 2UL)]
    [InlineData(0x1000, 1UL << 51)]
    public void A_run_that_does_not_fit_into_the_address_space_is_refused(ulong address, ulong pages)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => Read(new PagemapEntry { Vaddr = address, NrPages = pages, Flags = 4 }));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains($"claims {pages} pages", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_whose_pages_no_file_can_hold_are_refused()
    {
        var pages = (1UL << 61) / PageSize;

        Assert.Throws<KubeCheckpointException>(() => Read(
            [.. Enumerable.Range(0, 4).Select(i => new PagemapEntry { Vaddr = (ulong)i << 61, NrPages = pages, Flags = 4 })]));
    }

    [Fact]
    public void A_pagemap_without_a_head_is_refused() =>
        Assert.Equal("CriuImageDamaged", Assert.Throws<KubeCheckpointException>(() => Pagemap.Read(Reader(new ImageBytes("PAGEMAP")), PageSize)).ErrorId);

    [Fact]
    public void Empty_runs_are_none() =>
        Assert.Equal(0x2000UL, Assert.Single(Read(new PagemapEntry { Vaddr = 0x9000, NrPages = 0, Flags = 4 }, new PagemapEntry { Vaddr = 0x2000, NrPages = 1, Flags = 4 }).Runs).Address);

    [Theory]
    [InlineData(4096)]
    [InlineData(65536)]
    public void Compressed_pages_are_read_at_any_offset(int pageSize)
    {
        var (pagemap, file, content) = Compress(pageSize, aligned: false);
        var store = new PageStore(pagemap, file);
        var run = Assert.Single(pagemap.Runs);
        var random = new Random(3);

        AssertReads(store, run, content, 0, content.Length);
        for (var i = 0; i < 300; i++)
        {
            var start = random.Next(content.Length);
            AssertReads(store, run, content, start, random.Next(1, content.Length - start + 1));
        }
        Assert.Equal(file.Length, pagemap.PayloadSize);
    }

    [Fact]
    public void Aligned_payload_begins_at_a_page_border()
    {
        var (pagemap, file, content) = Compress(PageSize, aligned: true);

        // The payload in the middle is slightly longer than two pages.
        Assert.Equal([0L, PageSize, 4 * PageSize], pagemap.Runs.Select(run => run.Offset));
        AssertReads(new PageStore(pagemap, file), pagemap.Runs[1], content, 0, content.Length);
        AssertReads(new PageStore(pagemap, file), pagemap.Runs[1], content, 4000, 5000);
    }

    [Theory]
    [InlineData(0U, 3U, 3UL)]
    [InlineData(20_000U, 1U, 3UL)]
    [InlineData(4U, 2U, 3UL)]
    [InlineData(4U, 1U, 7UL)]
    public void Blocks_that_do_not_add_up_are_refused(uint pagesPerBlock, int blocks, ulong total)
    {
        var entry = new PagemapEntry { Vaddr = Address, NrPages = 4, Flags = 4, Blocks = new PageBlocks { PagesPerBlock = pagesPerBlock, TotalPayloadSize = total } };
        entry.Blocks.BlockSizes.AddRange(Enumerable.Repeat(3U / (uint)blocks, (int)blocks));

        Assert.Equal("CriuImageDamaged", Assert.Throws<KubeCheckpointException>(() => Read(entry)).ErrorId);
    }

    [Theory]
    [InlineData(5000U, "holds 4096 bytes")]
    [InlineData(10U, "holds 4096 bytes")]
    [InlineData(100U, "LZ4 block is invalid")]
    [InlineData(2000U, "it has 200 bytes")]
    public void A_wrong_block_is_refused_with_its_offset(uint size, string reason)
    {
        var entry = new PagemapEntry { Vaddr = Address, NrPages = 1, Flags = 4, Blocks = new PageBlocks { PagesPerBlock = 1 } };
        entry.Blocks.BlockSizes.Add(size);
        var store = new PageStore(Read(entry), new MemoryPagesFile(new byte[200]));

        var failure = Assert.Throws<KubeCheckpointException>(() => store.Read(store.Pagemap.Runs[0], 0, new byte[PageSize]));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("'checkpoint/pages-1.img'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("at offset 0", failure.Message, StringComparison.Ordinal);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_block_costs_no_memory_that_its_bytes_cannot_fill()
    {
        var entry = new PagemapEntry { Vaddr = Address, NrPages = 32 * 1024, Flags = 4, Blocks = new PageBlocks { PagesPerBlock = 16 * 1024 } };
        entry.Blocks.BlockSizes.AddRange([0U, 1000U]);
        var store = new PageStore(Read(entry), new MemoryPagesFile(new byte[1000]));
        var buffer = new byte[100];
        var before = GC.GetAllocatedBytesForCurrentThread();

        store.Read(store.Pagemap.Runs[0], 5000, buffer);
        Assert.Throws<KubeCheckpointException>(() => store.Read(store.Pagemap.Runs[0], 64L << 20, buffer));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Pages_after_the_end_of_their_file_are_refused()
    {
        var store = new PageStore(Read(new PagemapEntry { Vaddr = Address, NrPages = 2, Flags = 4 }), new MemoryPagesFile(new byte[PageSize + 1]));

        store.Read(store.Pagemap.Runs[0], 0, new byte[PageSize]);
        var failure = Assert.Throws<KubeCheckpointException>(() => store.Read(store.Pagemap.Runs[0], PageSize, new byte[PageSize]));

        Assert.Contains("at offset 4096: it has 4097 bytes, but the pagemap counts 8192", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_space_finds_bytes_across_runs_and_says_what_is_missing()
    {
        var pages = new byte[3 * PageSize];
        new Random(1).NextBytes(pages);
        var store = new PageStore(
            Read(new PagemapEntry { Vaddr = 0x1000, NrPages = 1, Flags = 4 }, new PagemapEntry { Vaddr = 0x2000, NrPages = 2, Flags = 4 }, new PagemapEntry { Vaddr = 0x5000, NrPages = 1, Flags = 1 }),
            new MemoryPagesFile(pages));
        var space = new AddressSpace([Map(0x1000, 0x3000), Map(0x3000, 0x8000)], store, _ => null);
        var buffer = new byte[4 * PageSize];

        Assert.Equal(3 * PageSize - 100, space.Read(0x1064, buffer));
        Assert.Equal(pages[100..], buffer[..(3 * PageSize - 100)]);
        Assert.Equal(0, space.Read(0x4000, buffer));
        Assert.Equal(
            [(0x1000UL, 0x1000L, PageFlags.Present), (0x2000, 0x1000, PageFlags.Present), (0x3000, 0x1000, PageFlags.Present), (0x4000, 0x1000, PageFlags.None), (0x5000, 0x1000, PageFlags.Parent), (0x6000, 0x2000, PageFlags.None)],
            space.Extents().Select(extent => (extent.Address, extent.Length, extent.Flags)));
    }

    [Fact]
    public void The_pages_of_a_segment_are_found_by_their_offset_in_it()
    {
        var pages = new byte[2 * PageSize];
        new Random(1).NextBytes(pages);
        var segment = new PageStore(Read(new PagemapEntry { Vaddr = 0x1000, NrPages = 2, Flags = 4 }), new MemoryPagesFile(pages));
        var map = new Vma(new VmaEntry { Start = Address, End = Address + 0x4000, Pgoff = 0x2000, Status = (uint)VmaStatus.AnonymousShared });
        var space = new AddressSpace([map], null, _ => segment);
        var buffer = new byte[PageSize];

        Assert.Equal(PageSize, space.Read(Address, buffer));
        Assert.Equal(pages[PageSize..], buffer);
        Assert.Equal(0, space.Read(Address + PageSize, buffer));
    }

    [Fact]
    public void A_map_beyond_the_end_of_its_segment_has_no_pages()
    {
        var segment = new PageStore(Read(new PagemapEntry { Vaddr = 0, NrPages = 16, Flags = 4 }), new MemoryPagesFile(new byte[16 * PageSize]));
        var map = new Vma(new VmaEntry { Start = Address, End = Address + 0x4000, Pgoff = ulong.MaxValue - 0xfff, Status = (uint)VmaStatus.AnonymousShared });

        var extent = Assert.Single(new AddressSpace([map], null, _ => segment).Extents());

        Assert.Equal((Address, 0x4000L, true), (extent.Address, extent.Length, extent.Store is null));
    }

    internal static Pagemap Read(params PagemapEntry[] entries)
    {
        var image = new ImageBytes("PAGEMAP").Entry(new PagemapHead { PagesId = 1 });
        foreach (var entry in entries)
            image.Entry(entry);
        return Pagemap.Read(Reader(image), PageSize);
    }

    private static CriuImageReader Reader(ImageBytes image) => new(new MemoryStream(image.ToArray()), new CriuImageName("/cp/test.tar", "checkpoint/pagemap-1.img"));

    private static Vma Map(ulong start, ulong end) => new(new VmaEntry { Start = start, End = end, Status = (uint)(VmaStatus.Regular | VmaStatus.AnonymousPrivate) });

    private static void AssertReads(PageStore store, PageRun run, byte[] content, int start, int length)
    {
        var buffer = new byte[length];
        store.Read(run, start, buffer);
        Assert.True(content.AsSpan(start, length).SequenceEqual(buffer), $"{length} bytes at {start}");
    }

    // Seven pages in blocks of two: one of zeros, one that cannot be compressed, one that can, and a last one of one page.
    private static (Pagemap Pagemap, MemoryPagesFile File, byte[] Content) Compress(int pageSize, bool aligned)
    {
        var content = new byte[7 * pageSize];
        new Random(5).NextBytes(content.AsSpan(2 * pageSize, 2 * pageSize));
        for (var i = 4 * pageSize; i < content.Length; i++)
            content[i] = (byte)(i / 100 % 7);
        var entry = new PagemapEntry { Vaddr = Address, NrPages = 7, Flags = 4u | (aligned ? 8u : 0), Blocks = new PageBlocks { PagesPerBlock = 2 } };
        var file = new List<byte>();
        for (var start = 0; start < content.Length; start += 2 * pageSize)
        {
            var block = content.AsSpan(start, Math.Min(2 * pageSize, content.Length - start));
            var stored = !block.ContainsAnyExcept((byte)0) ? [] : Lz4Encoder.Encode(block);
            stored = stored.Length >= block.Length ? block.ToArray() : stored;
            entry.Blocks.BlockSizes.Add((uint)stored.Length);
            file.AddRange(stored);
        }
        entry.Blocks.TotalPayloadSize = (ulong)file.Count;
        var image = new ImageBytes("PAGEMAP").Entry(new PagemapHead { PagesId = 1 });
        if (aligned)
        {
            // The data before ends within a page, and so does the data after.
            image.Entry(Small(0x1000, pageSize));
            file = [.. new byte[pageSize], .. file];
        }
        image.Entry(entry);
        if (aligned)
            image.Entry(new PagemapEntry { Vaddr = Address + (ulong)(7 * pageSize), NrPages = 1, Flags = 12, Blocks = Small(0, pageSize).Blocks });
        return (Pagemap.Read(Reader(image), pageSize), new MemoryPagesFile([.. file]), content);
    }

    private static PagemapEntry Small(ulong address, int pageSize)
    {
        var entry = new PagemapEntry { Vaddr = address, NrPages = 1, Flags = 12, Blocks = new PageBlocks { PagesPerBlock = 1 } };
        entry.Blocks.BlockSizes.Add((uint)Lz4Encoder.Encode(new byte[pageSize]).Length);
        return entry;
    }
}
