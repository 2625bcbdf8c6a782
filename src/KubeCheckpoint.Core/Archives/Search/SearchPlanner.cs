using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// Divides the memory of a checkpoint into batches: process by process in the order of the tree, each by address, which for private
/// pages is the order of the pages file. Not thread-safe.
/// </summary>
internal sealed class SearchPlanner
{
    // A smaller core is not worth adding to a batch that is nearly full.
    private const int SmallestCore = 64 * 1024;
    private const int SmallestShare = 8;

    private readonly CheckpointImages _images;
    private readonly MemorySearchScope _scope;
    private readonly int _lanes;
    private readonly int _overlap;
    private readonly int _surroundings;
    private readonly int _smallestBatch;
    private readonly SharedPagesSeen _shared;
    private readonly HashSet<PageStore> _short = [];
    private readonly IEnumerator<SearchPiece> _pieces;
    private ulong _next;
    private bool _isAtPiece;

    /// <param name="images">The archive.</param>
    /// <param name="scope">What of it is searched.</param>
    /// <param name="lanes">What it is searched for.</param>
    /// <param name="batchSize">The usual size of a batch in bytes.</param>
    public SearchPlanner(CheckpointImages images, MemorySearchScope scope, IReadOnlyList<SearchLane> lanes, int batchSize)
    {
        _images = images;
        _shared = new SharedPagesSeen(images.Content.Archive.Budget);
        _scope = scope;
        _lanes = lanes.Count;
        _surroundings = lanes.Max(lane => lane.Surroundings);
        _overlap = lanes.Max(lane => lane.MaximumLength) - 1 + _surroundings;
        _smallestBatch = _surroundings + Math.Min(SmallestCore, batchSize / SmallestShare) + _overlap;
        BatchSize = Math.Max(batchSize, _smallestBatch);
        _pieces = Pieces().GetEnumerator();
    }

    /// <summary>How many bytes a batch has room for.</summary>
    public int BatchSize { get; }

    /// <summary>Failures found while planning. The reader clears the list.</summary>
    public List<BatchFailure> Failures { get; } = [];

    /// <summary>Fills the next batch; false at the end.</summary>
    public bool TryFill(SearchBatch batch, CancellationToken cancellationToken)
    {
        while (batch.Free >= _smallestBatch && MoveToPiece())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = _pieces.Current;
            var start = Math.Max(piece.Region.Start, _next - Math.Min(_next, (ulong)_surroundings));
            var room = (ulong)(batch.Free - _overlap) - (_next - start);
            var coreEnd = piece.End - _next <= room ? piece.End : _next + room;
            var end = piece.Region.End - coreEnd <= (ulong)_overlap ? piece.Region.End : coreEnd + (ulong)_overlap;
            batch.Add(piece, start, _next, coreEnd, end);
            _next = coreEnd;
            _isAtPiece = _next < piece.End;
        }
        return batch.Segments.Count > 0;
    }

    private bool MoveToPiece()
    {
        if (_isAtPiece)
            return true;
        if (!_pieces.MoveNext())
            return false;
        _next = _pieces.Current.Start;
        return _isAtPiece = true;
    }

    private IEnumerable<SearchPiece> Pieces()
    {
        foreach (var process in Processes())
        {
            foreach (var region in Regions(process))
            {
                region.Seen = _shared.Visit(region);
                foreach (var range in LiveStarts(region))
                    yield return new SearchPiece(region, range.Start, range.End, _lanes);
            }
        }
    }

    private IEnumerable<SearchProcess> Processes()
    {
        foreach (var task in _images.Tasks)
        {
            if (Try(() => Open(task.Pid)) is { } process)
                yield return process;
        }
    }

    // Null for a process that was not selected, and for a zombie.
    private SearchProcess? Open(uint id)
    {
        var name = _images.Core(id)?.Tc?.Comm ?? "";
        if (!_scope.IsProcessWanted((int)id, name) || _images.Memory(id) is not { } memory)
            return null;
        return memory.PrivatePages is not null
            ? new SearchProcess((int)id, name, memory, new MapNames(_images, _images.Mm(id)!))
            : throw ArchiveFailure.ArchiveMemberMissing(_images.Content.Path, _images.Content.MemberOf(CheckpointImages.Name("pagemap", id)));
    }

    private IEnumerable<SearchRegion> Regions(SearchProcess process)
    {
        SearchRegion? region = null;
        var absent = 0L;
        foreach (var extent in Extents(process))
        {
            if (extent.Store is null && extent.Flags != PageFlags.None)
                absent += extent.Length;
            if (!TryFind(extent, out var source))
                continue;
            if (region is not null && region.End != source.Address)
            {
                yield return region;
                region = null;
            }
            region ??= new SearchRegion(process);
            region.Add(source);
            if (PageStore.MayHaveZeros(source.Run, source.Length))
                AddZeros(region, source);
        }
        if (absent > 0)
            Failures.Add(new BatchFailure(process, Absent(process, absent)));
        if (region is not null)
            yield return region;
    }

    private static void AddZeros(SearchRegion region, in PageSource source)
    {
        foreach (var (start, length) in source.Store.FindZeros(source.Run, source.Start, source.Length))
            region.AddZeros(source.Address + (ulong)(start - source.Start), source.Address + (ulong)(start - source.Start + length));
    }

    private IEnumerable<MemoryExtent> Extents(SearchProcess process)
    {
        foreach (var map in process.Memory.Maps)
        {
            if (!_scope.IsMapWanted(process.Maps.NameOf(map)) || Try(() => process.Memory.FindStore(map)) is null)
                continue;
            foreach (var extent in process.Memory.Extents(map.Start, map.End))
                yield return extent;
        }
    }

    // Damage is reported once, and the rest is searched.
    private T? Try<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (KubeCheckpointException failure)
        {
            Failures.Add(new BatchFailure(failure.Message, failure));
            return null;
        }
    }

    private KubeCheckpointException Absent(SearchProcess process, long length) => CriuFailure.PagesNotInArchive(
        _images.Content.Path,
        _images.Content.MemberOf(CheckpointImages.Name("pagemap", (uint)process.Id)),
        string.Create(CultureInfo.InvariantCulture, $"{length} bytes of process {process.Id} are not in this archive and were not searched"));

    private bool TryFind(in MemoryExtent extent, out PageSource source)
    {
        source = default;
        if (extent.Store is not { } store)
            return false;
        var length = extent.Length;
        if (extent.Run.Blocks is null && store.File.Length - (extent.Run.Offset + extent.Start) < length)
        {
            length = Math.Max(0, store.File.Length - (extent.Run.Offset + extent.Start));
            ReportShort(store, extent.Run, extent.Start + length);
        }
        source = new PageSource(extent.Address, length, store, extent.Run, extent.Start, extent.Map.IsSharedMemory);
        return length > 0;
    }

    // Reading reports a pages file that is too short or missing by name. Once for each.
    private void ReportShort(PageStore store, in PageRun run, long start)
    {
        if (!_short.Add(store))
            return;
        try
        {
            store.Read(run, start, stackalloc byte[1]);
        }
        catch (KubeCheckpointException failure)
        {
            Failures.Add(new BatchFailure(store, failure));
        }
    }

    private IEnumerable<MemoryRange> LiveStarts(SearchRegion region)
    {
        var start = region.Start;
        foreach (var dead in region.Seen.Count + region.Zeros.Count == 0 ? [] : DeadStarts(region))
        {
            if (dead.Start > start)
                yield return new MemoryRange(start, dead.Start);
            start = Math.Max(start, dead.End);
        }
        if (start < region.End)
            yield return new MemoryRange(start, region.End);
    }

    // Addresses at which every match would be in pages that were searched before, or in zeros that the archive does not store. Of those, both
    // ends are searched: a match may begin before them or end behind them, and a pattern that zeros match is found.
    private IEnumerable<MemoryRange> DeadStarts(SearchRegion region)
    {
        var overlap = (ulong)_overlap;
        var seen = region.Seen.Where(range => range.Length > overlap).Select(range => range with { End = range.End - overlap });
        var zeros = region.Zeros.Where(range => range.Length > 2 * overlap).Select(range => new MemoryRange(range.Start + overlap, range.End - overlap));
        return seen.Concat(zeros).OrderBy(range => range.Start);
    }
}
