using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Criu.Memory;

/// <summary>Which pages of an address space, or of a shared memory segment, a checkpoint holds, and where.</summary>
internal sealed class Pagemap
{
    // CRIU writes no larger blocks.
    private const uint LargestBlock = 16 * 1024;

    // A run, its place in a list that grows, and its sum.
    private const long RunCost = 160;
    private const long BlockCost = sizeof(uint) + sizeof(long);

    // How many bytes all runs before one have in the pages file, and elsewhere. Made when it is first asked for.
    private (long Stored, long Elsewhere)[]? _sums;

    private Pagemap(uint pagesId, int pageSize, List<PageRun> runs, long payloadSize, long cost)
    {
        PagesId = pagesId;
        PageSize = pageSize;
        Runs = runs;
        PayloadSize = payloadSize;
        Cost = cost;
    }

    /// <summary>The number in the name of the pages file.</summary>
    public uint PagesId { get; }

    /// <summary>In bytes.</summary>
    public int PageSize { get; }

    /// <summary>Ascending by address, without overlaps.</summary>
    public List<PageRun> Runs { get; }

    /// <summary>How many bytes of memory it takes.</summary>
    public long Cost { get; }

    /// <summary>How many bytes the pages file must have.</summary>
    public long PayloadSize { get; }

    /// <summary>Reads a <c>pagemap-*.img</c>.</summary>
    /// <param name="reader">The image, its magics read.</param>
    /// <param name="pageSize">The page size of the source machine, in bytes.</param>
    /// <exception cref="KubeCheckpointException">CriuImageDamaged or ArchiveBudgetExceeded.</exception>
    public static Pagemap Read(CriuImageReader reader, int pageSize)
    {
        if (!reader.TryReadMessage(PagemapHead.Parser, out var head))
            throw CriuFailure.CriuImageDamaged(reader.Image, reader.Offset, "it has no head");
        var runs = new List<PageRun>();
        var end = 0UL;
        var (payload, cost) = (0L, 0L);
        var offset = reader.Offset;
        foreach (var entry in reader.ReadMessages<PagemapEntry>())
        {
            if (!TryMakeRun(entry, pageSize, ref payload, out var run, out var reason) || (run.Length > 0 && run.Address < end))
                throw CriuFailure.CriuImageDamaged(reader.Image, offset, reason ?? $"the entry of 0x{run.Address:x} is out of order");
            offset = reader.Offset;
            if (run.Length == 0)
                continue;
            end = run.End;
            cost += RunCost + (run.Blocks?.Sizes.Length ?? 0) * BlockCost;
            reader.Require(cost);
            runs.Add(run);
        }
        return new Pagemap(((PagemapHead)head).PagesId, pageSize, runs, payload, cost);
    }

    /// <summary>How many bytes between two addresses are in the pages file, and how many in a parent checkpoint or on the node.</summary>
    public (long Stored, long Elsewhere) Count(ulong start, ulong end)
    {
        if (end <= start)
            return (0, 0);
        _sums ??= Sum();
        var (first, last) = (Before(start), Before(end));
        return (last.Stored - first.Stored, last.Elsewhere - first.Elsewhere);
    }

    /// <summary>The index of the first run that ends behind an address.</summary>
    public int FindRun(ulong address)
    {
        var (low, high) = (0, Runs.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Runs[middle].End <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private (long Stored, long Elsewhere)[] Sum()
    {
        var sums = new (long Stored, long Elsewhere)[Runs.Count + 1];
        for (var i = 0; i < Runs.Count; i++)
            sums[i + 1] = Add(sums[i], Runs[i], Runs[i].Length);
        return sums;
    }

    // What all runs hold below an address.
    private (long Stored, long Elsewhere) Before(ulong address)
    {
        var index = FindRun(address);
        return index < Runs.Count && Runs[index].Address < address ? Add(_sums![index], Runs[index], (long)(address - Runs[index].Address)) : _sums![index];
    }

    private static (long Stored, long Elsewhere) Add((long Stored, long Elsewhere) sum, in PageRun run, long length) =>
        run.IsPresent ? (sum.Stored + length, sum.Elsewhere)
        : (run.Flags & (PageFlags.Parent | PageFlags.Lazy)) != 0 ? (sum.Stored, sum.Elsewhere + length)
        : sum;

    private static bool TryMakeRun(PagemapEntry entry, int pageSize, ref long payload, out PageRun run, out string? reason)
    {
        run = default;
        // CRIU before 4.2 counts in the first field only; CRIU 4.2 writes 0 there.
        var pages = entry.HasNrPages ? entry.NrPages : entry.CompatNrPages;
        reason = $"the entry of 0x{entry.Vaddr:x} claims {pages} pages";
        if (pages > (ulong)(long.MaxValue / pageSize) || (ulong)(pageSize * (long)pages) > ulong.MaxValue - entry.Vaddr)
            return false;
        var length = pageSize * (long)pages;
        var flags = entry.HasFlags ? (PageFlags)entry.Flags : entry.InParent ? PageFlags.Parent : PageFlags.Present;
        if (!flags.HasFlag(PageFlags.Present))
        {
            run = new PageRun(entry.Vaddr, length, flags, -1, null);
            reason = null;
            return true;
        }
        var blocks = entry.Blocks is null ? null : ReadBlocks(entry.Blocks, length, pageSize, out reason);
        if (entry.Blocks is not null && blocks is null)
            return false;
        if (flags.HasFlag(PageFlags.PayloadAligned))
            payload = (payload + pageSize - 1) / pageSize * pageSize;
        var size = blocks?.PayloadSize ?? length;
        if (size > long.MaxValue / 2 - payload)
            return false;
        run = new PageRun(entry.Vaddr, length, flags, payload, blocks);
        payload += size;
        reason = null;
        return true;
    }

    private static CompressedBlocks? ReadBlocks(PageBlocks blocks, long length, int pageSize, out string? reason)
    {
        reason = null;
        var count = blocks.BlockSizes.Count;
        if (blocks.PagesPerBlock is 0 or > LargestBlock || blocks.PagesPerBlock * (long)pageSize > int.MaxValue)
            reason = $"{blocks.PagesPerBlock} pages stand in a block";
        else if (count != (length + blocks.PagesPerBlock * (long)pageSize - 1) / (blocks.PagesPerBlock * (long)pageSize))
            reason = $"{count} blocks hold {length} bytes";
        if (reason is not null)
            return null;
        var offsets = new long[count];
        var total = 0L;
        for (var i = 0; i < count; i++)
        {
            offsets[i] = total;
            total += blocks.BlockSizes[i];
        }
        if (blocks.HasTotalPayloadSize && (ulong)total != blocks.TotalPayloadSize)
        {
            reason = $"blocks of {total} bytes claim {blocks.TotalPayloadSize}";
            return null;
        }
        return new CompressedBlocks([.. blocks.BlockSizes], offsets, (int)(blocks.PagesPerBlock * pageSize), total);
    }
}
