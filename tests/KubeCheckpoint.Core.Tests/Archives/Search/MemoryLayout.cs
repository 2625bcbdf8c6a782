using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.Search;

/// <summary>
/// Memory built page by page, as an archive and as the stretches that a search must see: those of each process without gaps, with a key for
/// each page that is the same for pages that are shared.
/// </summary>
internal sealed class MemoryLayout
{
    public const int PageSize = 4096;

    // The status of maps: regular with anonymous private, or anonymous shared.
    private const uint PrivateStatus = 1 | 1 << 9;
    private const uint SharedStatus = 1 | 1 << 8;

    private readonly SortedDictionary<uint, List<Map>> _processes = [];
    private readonly Dictionary<ulong, byte[]?[]> _segments = [];

    /// <summary>Adds a segment of shared memory; null pages are not in the archive.</summary>
    public MemoryLayout Segment(ulong id, params byte[]?[] pages)
    {
        _segments.Add(id, pages);
        return this;
    }

    /// <summary>Maps private memory; null pages are not in the archive.</summary>
    public MemoryLayout Private(uint process, ulong address, params byte[]?[] pages) => Add(process, new Map(address, pages, null, 0));

    /// <summary>Maps pages of a segment.</summary>
    public MemoryLayout Shared(uint process, ulong address, ulong segment, int firstPage, int count) =>
        Add(process, new Map(address, _segments[segment].AsSpan(firstPage, count).ToArray(), segment, firstPage));

    /// <summary>A page that begins with one text and ends with another, with zeros between them.</summary>
    public static byte[] Page(string start = "", string end = "")
    {
        var page = new byte[PageSize];
        System.Text.Encoding.UTF8.GetBytes(start, page);
        System.Text.Encoding.UTF8.GetBytes(end, page.AsSpan(PageSize - System.Text.Encoding.UTF8.GetByteCount(end)));
        return page;
    }

    public string Save(TemporaryFolder folder)
    {
        var builder = new CheckpointBuilder().Tree([.. _processes.Keys]);
        var pagesId = 1u;
        foreach (var (id, maps) in _processes)
        {
            builder.Task(id, id).Image($"mm-{id}", "MM", Mm(maps));
            var pages = maps.Where(map => map.Segment is null).SelectMany(map => map.Pages.Select((page, index) => (map.Address + (ulong)index * PageSize, page)));
            AddPages(builder, $"pagemap-{id}", pagesId++, pages);
        }
        foreach (var (id, pages) in _segments)
            AddPages(builder, $"pagemap-shmem-{id}", pagesId++, pages.Select((page, index) => ((ulong)index * PageSize, page)));
        return builder.Save(folder);
    }

    /// <summary>The stretches that a search must see, in order.</summary>
    public IEnumerable<MemoryStretch> Stretches()
    {
        foreach (var (id, maps) in _processes)
        {
            MemoryStretch? stretch = null;
            foreach (var map in maps.OrderBy(map => map.Address))
            {
                for (var i = 0; i < map.Pages.Length; i++)
                {
                    var address = map.Address + (ulong)i * PageSize;
                    if (stretch is not null && (map.Pages[i] is null || stretch.End != address))
                    {
                        yield return stretch;
                        stretch = null;
                    }
                    if (map.Pages[i] is { } page)
                        (stretch ??= new MemoryStretch(id, address)).Add(page, map.Segment is { } segment ? $"{segment}/{map.FirstPage + i}" : null);
                }
            }
            if (stretch is not null)
                yield return stretch;
        }
    }

    private MemoryLayout Add(uint process, Map map)
    {
        if (!_processes.TryGetValue(process, out var maps))
            _processes.Add(process, maps = []);
        maps.Add(map);
        return this;
    }

    private static MmEntry Mm(List<Map> maps) => new()
    {
        MmSavedAuxv = { 6, PageSize },
        Vmas =
        {
            maps.OrderBy(map => map.Address).Select(map => new VmaEntry
            {
                Start = map.Address,
                End = map.Address + (ulong)map.Pages.Length * PageSize,
                Pgoff = (ulong)map.FirstPage * PageSize,
                Shmid = map.Segment ?? 0,
                Prot = 3,
                Flags = map.Segment is null ? 0x22u : 0x21u,
                Status = map.Segment is null ? PrivateStatus : SharedStatus,
            }),
        },
    };

    private static void AddPages(CheckpointBuilder builder, string pagemap, uint pagesId, IEnumerable<(ulong Address, byte[]? Page)> pages)
    {
        var present = pages.Where(page => page.Page is not null).OrderBy(page => page.Address).ToList();
        var runs = new List<PagemapEntry>();
        foreach (var (address, _) in present)
        {
            if (runs.Count > 0 && runs[^1].Vaddr + runs[^1].NrPages * PageSize == address)
                runs[^1].NrPages++;
            else
                runs.Add(new PagemapEntry { Vaddr = address, NrPages = 1, Flags = 4 });
        }
        builder.Image(pagemap, "PAGEMAP", [new PagemapHead { PagesId = pagesId }, .. runs]);
        builder.Member($"checkpoint/pages-{pagesId}.img", [.. present.SelectMany(page => page.Page!)]);
    }

    private sealed record Map(ulong Address, byte[]?[] Pages, ulong? Segment, int FirstPage);
}
