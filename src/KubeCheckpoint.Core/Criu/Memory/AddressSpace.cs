using KubeCheckpoint.Budgets;

namespace KubeCheckpoint.Criu.Memory;

/// <summary>
/// The memory of a process: its maps, and for every address whether the checkpoint holds its byte, and where. Private pages
/// come from the process's pagemap, shared ones from that of their segment.
/// </summary>
/// <param name="maps">The maps, ascending by address, without overlaps.</param>
/// <param name="pages">The private pages, or null.</param>
/// <param name="findShared">Finds the pages of the segment that a map shows.</param>
/// <param name="budget">What walking over the memory draws from: many maps may show the same pages. Null for no limit.</param>
internal sealed class AddressSpace(IReadOnlyList<Vma> maps, PageStore? pages, Func<Vma, PageStore?> findShared, ArchiveBudget? budget = null)
{
    // How many extents are walked over between two draws.
    private const int Stride = 256;

    /// <summary>Ascending by address, without overlaps.</summary>
    public IReadOnlyList<Vma> Maps { get; } = maps;

    /// <summary>The private pages, or null where the process has none.</summary>
    public PageStore? PrivatePages { get; } = pages;

    /// <summary>The map that contains an address, or null.</summary>
    public Vma? FindMap(ulong address)
    {
        var index = FindMapIndex(address);
        return index < Maps.Count && Maps[index].Start <= address ? Maps[index] : null;
    }

    /// <summary>The pages of a map: the process's own, or those of the segment it shares.</summary>
    public PageStore? FindStore(Vma map) => map.IsSharedMemory ? findShared(map) : PrivatePages;

    /// <summary>Everything mapped between two addresses, in ascending order; what is not mapped is left out.</summary>
    public IEnumerable<MemoryExtent> Extents(ulong start = 0, ulong end = ulong.MaxValue)
    {
        var steps = 0;
        for (var i = FindMapIndex(start); i < Maps.Count && Maps[i].Start < end; i++)
        {
            foreach (var extent in Extents(Maps[i], Math.Max(start, Maps[i].Start), Math.Min(end, Maps[i].End)))
            {
                if (++steps % Stride == 0)
                    budget?.DrawWork(Stride, "the memory of its processes");
                yield return extent;
            }
        }
    }

    /// <summary>Like <see cref="Extents(ulong, ulong)"/>, where stored bytes that are known to be zeros are extents of their own.</summary>
    public IEnumerable<MemoryExtent> Parts(ulong start = 0, ulong end = ulong.MaxValue) => Extents(start, end).SelectMany(extent => extent.Parts());

    /// <summary>How many bytes of a map the checkpoint holds.</summary>
    public long StoredBytes(Vma map) => Count(map).Stored;

    /// <summary>How many bytes of a map the checkpoint holds, and how many it says are elsewhere.</summary>
    public (long Stored, long Elsewhere) Count(Vma map)
    {
        var shift = ShiftOf(map);
        return FindStore(map)?.Pagemap.Count(map.Start + shift, map.End + shift) ?? (0, 0);
    }

    /// <summary>Reads from an address up to the first byte that the checkpoint does not hold.</summary>
    /// <returns>How many bytes were read.</returns>
    public int Read(ulong address, Span<byte> buffer)
    {
        var read = 0;
        foreach (var extent in Extents(address, address + (ulong)buffer.Length < address ? ulong.MaxValue : address + (ulong)buffer.Length))
        {
            if (extent.Store is null || extent.Address != address + (ulong)read)
                break;
            extent.Store.Read(extent.Run, extent.Start, buffer.Slice(read, (int)extent.Length));
            read += (int)extent.Length;
        }
        return read;
    }

    /// <summary>What is known about the bytes of an extent of this address space.</summary>
    public PageContent ContentOf(in MemoryExtent extent)
    {
        const VmaStatus Foreign = VmaStatus.Vsyscall | VmaStatus.Vdso | VmaStatus.Vvar | VmaStatus.Socket | VmaStatus.AioRing
            | VmaStatus.Uprobes | VmaStatus.ExternalPlugin | VmaStatus.Unsupported;
        if (extent.Store is not null)
            return PageContent.Stored;
        var status = extent.Map.Status;
        if ((extent.Flags & (PageFlags.Parent | PageFlags.Lazy | PageFlags.Present)) != 0)
            return PageContent.Missing;
        if ((status & Foreign) != 0)
            return PageContent.Foreign;
        if (extent.Map.IsSharedMemory || (status & VmaStatus.AnonymousPrivate) != 0)
            return FindStore(extent.Map) is null ? PageContent.Missing : PageContent.Zero;
        // A private map of a memfd shows the memfd, whose pages are in the archive only if it is also mapped as shared.
        return (status & VmaStatus.Memfd) == 0 && (status & (VmaStatus.FilePrivate | VmaStatus.FileShared)) != 0
            ? PageContent.File
            : PageContent.Missing;
    }

    private IEnumerable<MemoryExtent> Extents(Vma map, ulong start, ulong end)
    {
        var store = FindStore(map);
        var shift = ShiftOf(map);
        var address = start;
        for (var i = store?.Pagemap.FindRun(start + shift) ?? 0; i < (store?.Pagemap.Runs.Count ?? 0); i++)
        {
            var run = store!.Pagemap.Runs[i];
            var runStart = Math.Max(start + shift, run.Address) - shift;
            var runEnd = Math.Min(end + shift, run.End) - shift;
            if (run.Address >= end + shift)
                break;
            if (runStart > address)
                yield return Absent(map, address, runStart);
            var offset = (long)(runStart + shift - run.Address);
            yield return new MemoryExtent(runStart, (long)(runEnd - runStart), map, run.Flags, run.IsPresent ? store : null, run, offset);
            address = runEnd;
        }
        if (address < end)
            yield return Absent(map, address, end);
    }

    // The pagemap of a segment has offsets in the segment.
    private static ulong ShiftOf(Vma map) => map.IsSharedMemory ? map.Entry.Pgoff - map.Start : 0;

    private static MemoryExtent Absent(Vma map, ulong start, ulong end) =>
        new(start, (long)(end - start), map, PageFlags.None, null, default, 0);

    private int FindMapIndex(ulong address)
    {
        var (low, high) = (0, Maps.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Maps[middle].End <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
