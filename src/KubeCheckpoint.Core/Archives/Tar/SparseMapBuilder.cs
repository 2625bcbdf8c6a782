namespace KubeCheckpoint.Archives.Tar;

/// <summary>Collects the ranges of a sparse file in the order of the tar, and checks them.</summary>
/// <param name="limit">The largest number of ranges.</param>
internal sealed class SparseMapBuilder(int limit)
{
    private readonly List<(long Start, long Length)> _ranges = [];
    private long _end;
    private long _stored;

    /// <summary>How many ranges there are.</summary>
    public int Count => _ranges.Count;

    /// <summary>The rule that is broken, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether there are more ranges than the limit, which is no damage.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>Adds a range; one that continues the last makes it longer.</summary>
    /// <returns>False where it breaks a rule.</returns>
    public bool TryAdd(long start, long length)
    {
        if (start < 0 || length < 0 || start > long.MaxValue - length)
            Problem = "its sparse map has an impossible range";
        else if (start < _end)
            Problem = "the ranges of its sparse map overlap or are not in order";
        if (Problem is not null)
            return false;
        (_end, _stored) = (start + length, _stored + length);
        if (length > 0)
            Add(start, length);
        return Problem is null;
    }

    /// <summary>Records what is wrong, unless something is already.</summary>
    public void Fail(string problem) => Problem ??= problem;

    /// <summary>The map; null where it does not fit the file.</summary>
    /// <param name="size">The size of the file.</param>
    /// <param name="stored">How many bytes of it are stored.</param>
    public SparseMap? Build(long size, long stored)
    {
        if (Problem is null && _end > size)
            Problem = $"its sparse map goes beyond its size of {size} bytes";
        else if (Problem is null && _stored != stored)
            Problem = $"its sparse map has {_stored} bytes, and {stored} are stored";
        return Problem is null ? new SparseMap(_ranges) : null;
    }

    private void Add(long start, long length)
    {
        if (_ranges.Count > 0 && _ranges[^1] is var last && last.Start + last.Length == start)
            _ranges[^1] = (last.Start, last.Length + length);
        else if (_ranges.Count < limit)
            _ranges.Add((start, length));
        else
            (Problem, IsTooLong) = ($"its sparse map has more than {limit} ranges", true);
    }
}
