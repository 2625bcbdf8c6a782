using KubeCheckpoint.Budgets;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// Records which ranges of shared memory segments have been searched. A range is the contiguous part of a segment in one region:
/// a match that is entirely in one has been found there.
/// </summary>
/// <param name="budget">What looking through the ranges draws from.</param>
internal sealed class SharedPagesSeen(ArchiveBudget budget)
{
    // More overlapping ranges of one segment than any program has: beyond this limit, matches may be reported twice.
    private const int LargestCount = 1000;

    // How many ranges are looked through in one step.
    private const int RangesPerStep = 128;

    private readonly Dictionary<PageStore, List<MemoryRange>> _seen = [];

    /// <summary>Returns the parts of a region that were searched before, and records the region.</summary>
    public IReadOnlyList<MemoryRange> Visit(SearchRegion region)
    {
        var seen = new List<MemoryRange>();
        foreach (var stretch in Stretches(region.Sources))
        {
            budget.DrawWork(1 + (_seen.GetValueOrDefault(stretch.Store)?.Count ?? 0) / RangesPerStep, "shared memory of its processes");
            seen.AddRange(SeenBefore(stretch));
            Take(stretch);
        }
        return [.. seen.OrderBy(range => range.Start).ThenBy(range => range.End)];
    }

    private static List<Stretch> Stretches(IReadOnlyList<PageSource> sources)
    {
        var stretches = new List<Stretch>();
        foreach (var source in sources)
        {
            if (!source.IsShared)
                continue;
            var stretch = new Stretch(source.Store, source.Address, source.StoreAddress, source.Length);
            if (stretches.Count > 0 && stretches[^1].IsContinuedBy(stretch))
                stretches[^1] = stretches[^1] with { Length = stretches[^1].Length + source.Length };
            else
                stretches.Add(stretch);
        }
        return stretches;
    }

    private IEnumerable<MemoryRange> SeenBefore(Stretch stretch)
    {
        foreach (var range in _seen.GetValueOrDefault(stretch.Store) ?? [])
        {
            var start = Math.Max(range.Start, stretch.StoreAddress);
            var end = Math.Min(range.End, stretch.StoreEnd);
            if (start < end)
                yield return new MemoryRange(start - stretch.StoreAddress + stretch.Address, end - stretch.StoreAddress + stretch.Address);
        }
    }

    // A range inside another is not recorded: a segment that is mapped a thousand times stays one range.
    private void Take(Stretch stretch)
    {
        if (!_seen.TryGetValue(stretch.Store, out var ranges))
            _seen.Add(stretch.Store, ranges = []);
        if (ranges.Exists(range => range.Contains(stretch.StoreAddress, stretch.StoreEnd)))
            return;
        ranges.RemoveAll(range => range.Start >= stretch.StoreAddress && range.End <= stretch.StoreEnd);
        if (ranges.Count < LargestCount)
            ranges.Add(new MemoryRange(stretch.StoreAddress, stretch.StoreEnd));
    }

    private readonly record struct Stretch(PageStore Store, ulong Address, ulong StoreAddress, long Length)
    {
        public ulong StoreEnd => StoreAddress + (ulong)Length;

        public bool IsContinuedBy(in Stretch next) => ReferenceEquals(Store, next.Store)
            && Address + (ulong)Length == next.Address && StoreEnd == next.StoreAddress;
    }
}
