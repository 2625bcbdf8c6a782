using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>
/// Finds which maps of two address spaces are the same. A running program keeps its addresses, while its maps grow, split and
/// join: maps of one description that overlap are the same. In another run of the program they are elsewhere: those left are
/// paired by description and offset, in order.
/// </summary>
/// <param name="describeReference">The description of a map of the reference: its file or kind.</param>
/// <param name="describeDifference">The description of a map of the difference. Maps with different descriptions never match.</param>
internal sealed class MapMatcher(Func<Vma, string> describeReference, Func<Vma, string> describeDifference)
{
    /// <param name="reference">The maps before, ascending.</param>
    /// <param name="difference">The maps after, ascending.</param>
    /// <returns>One pair for each map of the difference, in its order, then the removed maps.</returns>
    public IReadOnlyList<MapPair> Match(IReadOnlyList<Vma> reference, IReadOnlyList<Vma> difference)
    {
        var slices = difference.Select(_ => new List<MapSlice>()).ToArray();
        var gone = new List<Vma>();
        foreach (var map in reference)
        {
            var partners = Overlapping(map, difference);
            if (partners.Count == 0)
                gone.Add(map);
            for (var i = 0; i < partners.Count; i++)
            {
                var start = i == 0 ? map.Start : difference[partners[i]].Start;
                var end = i == partners.Count - 1 ? map.End : difference[partners[i + 1]].Start;
                slices[partners[i]].Add(new MapSlice(map, start, end));
            }
        }
        var elsewhere = gone.GroupBy(map => (describeReference(map), map.Entry.Pgoff)).ToDictionary(group => group.Key, group => new Queue<Vma>(group));
        var pairs = difference.Select((map, index) => slices[index].Count > 0 ? new MapPair(slices[index], map, 0) : PairElsewhere(map, elsewhere)).ToList();
        pairs.AddRange(elsewhere.Values.SelectMany(left => left).OrderBy(map => map.Start).Select(map => new MapPair([new(map)], null, 0)));
        return pairs;
    }

    private List<int> Overlapping(Vma map, IReadOnlyList<Vma> difference)
    {
        var found = new List<int>();
        for (var i = FirstEndingBehind(difference, map.Start); i < difference.Count && difference[i].Start < map.End; i++)
        {
            if (describeDifference(difference[i]) == describeReference(map))
                found.Add(i);
        }
        return found;
    }

    private MapPair PairElsewhere(Vma map, Dictionary<(string, ulong), Queue<Vma>> elsewhere)
    {
        if (!elsewhere.TryGetValue((describeDifference(map), map.Entry.Pgoff), out var left) || !left.TryDequeue(out var partner))
            return new MapPair([], map, 0);
        // A stack grows downwards: its end is what stays.
        return new MapPair([new(partner)], map, map.GrowsDown ? map.End - partner.End : map.Start - partner.Start);
    }

    private static int FirstEndingBehind(IReadOnlyList<Vma> maps, ulong address)
    {
        var (low, high) = (0, maps.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (maps[middle].End <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
