namespace KubeCheckpoint.Archives;

/// <summary>Which ranges of a member's data are stored; everything else is zeros. The ranges are in order and do not overlap.</summary>
internal sealed class SparseMap
{
    private readonly long[] _starts;
    private readonly long[] _stored;

    /// <param name="ranges">The ranges, in order.</param>
    public SparseMap(IReadOnlyList<(long Start, long Length)> ranges)
    {
        _starts = new long[ranges.Count];
        _stored = new long[ranges.Count + 1];
        for (var i = 0; i < ranges.Count; i++)
            (_starts[i], _stored[i + 1]) = (ranges[i].Start, _stored[i] + ranges[i].Length);
    }

    /// <summary>How many bytes are stored.</summary>
    public long StoredSize => _stored[^1];

    /// <summary>What is at an offset.</summary>
    /// <param name="offset">The offset in the data.</param>
    /// <returns>The offset in the stored bytes, or null where it is in a hole; and how many bytes there are of the same kind.</returns>
    public (long? Stored, long Length) Find(long offset)
    {
        var range = Array.BinarySearch(_starts, offset);
        range = range < 0 ? ~range - 1 : range;
        var within = range < 0 ? 0 : offset - _starts[range];
        if (range >= 0 && within < _stored[range + 1] - _stored[range])
            return (_stored[range] + within, _stored[range + 1] - _stored[range] - within);
        return (null, range + 1 < _starts.Length ? _starts[range + 1] - offset : long.MaxValue);
    }
}
