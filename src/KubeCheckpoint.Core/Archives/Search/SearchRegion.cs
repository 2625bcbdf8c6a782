namespace KubeCheckpoint.Archives.Search;

/// <summary>Contiguous memory of one process, across maps and pages files.</summary>
internal sealed class SearchRegion(SearchProcess process)
{
    private readonly List<PageSource> _sources = [];
    private List<MemoryRange>? _zeros;

    public SearchProcess Process { get; } = process;

    /// <summary>Ascending, each beginning where the one before ends.</summary>
    public IReadOnlyList<PageSource> Sources => _sources;

    public ulong Start => _sources[0].Address;

    /// <summary>The address after the last byte.</summary>
    public ulong End => _sources[^1].End;

    /// <summary>Parts of shared memory that were searched before through another map.</summary>
    public IReadOnlyList<MemoryRange> Seen { get; set; } = [];

    /// <summary>Parts that are known to be zeros, ascending.</summary>
    public IReadOnlyList<MemoryRange> Zeros => _zeros ?? (IReadOnlyList<MemoryRange>)[];

    /// <summary>Whether bytes were searched before, all of them in one part.</summary>
    public bool IsSeen(ulong start, ulong end)
    {
        foreach (var range in Seen)
        {
            if (range.Contains(start, end))
                return true;
        }
        return false;
    }

    public void Add(in PageSource source)
    {
        if (_sources.Count > 0 && _sources[^1].IsContinuedBy(source))
            _sources[^1] = _sources[^1] with { Length = _sources[^1].Length + source.Length };
        else
            _sources.Add(source);
    }

    /// <summary>Adds a part that is known to be zeros, of what was added last.</summary>
    public void AddZeros(ulong start, ulong end)
    {
        _zeros ??= [];
        if (_zeros.Count > 0 && _zeros[^1].End == start)
            _zeros[^1] = new MemoryRange(_zeros[^1].Start, end);
        else
            _zeros.Add(new MemoryRange(start, end));
    }

    /// <summary>The index of the source that contains an address.</summary>
    public int FindSource(ulong address)
    {
        var (low, high) = (0, _sources.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_sources[middle].End <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>Reads bytes of the region.</summary>
    /// <exception cref="KubeCheckpointException">Whatever <see cref="Criu.Memory.PageStore.Read"/> throws.</exception>
    public void Read(ulong address, Span<byte> buffer)
    {
        for (var i = FindSource(address); !buffer.IsEmpty; i++)
        {
            var source = _sources[i];
            var count = (int)Math.Min((ulong)buffer.Length, source.End - address);
            source.Store.Read(source.Run, source.Start + (long)(address - source.Address), buffer[..count]);
            buffer = buffer[count..];
            address += (ulong)count;
        }
    }
}
