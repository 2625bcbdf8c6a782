namespace KubeCheckpoint.Archives.Search;

/// <summary>Byte sequences, any of which is searched for.</summary>
internal sealed class NeedleSet(IReadOnlyList<ByteNeedle> needles)
{
    // Avoids searching to the end of a buffer for a rare sequence while a frequent one is near its front.
    private const int Block = 16 * 1024;

    private readonly int _longest = needles.Max(needle => needle.Length);

    /// <summary>The first position of any of them, or -1.</summary>
    public int IndexOf(ReadOnlySpan<byte> bytes)
    {
        if (needles.Count == 1)
            return needles[0].IndexOf(bytes);
        for (var start = 0; start < bytes.Length; start += Block)
        {
            var first = IndexOfFirst(bytes.Slice(start, Math.Min(bytes.Length - start, Block + _longest - 1)));
            if (first >= 0)
                return start + first;
        }
        return -1;
    }

    private int IndexOfFirst(ReadOnlySpan<byte> block)
    {
        var first = -1;
        foreach (var needle in needles)
        {
            var place = needle.IndexOf(first < 0 ? block : block[..Math.Min(block.Length, first + needle.Length - 1)]);
            if (place >= 0)
                first = place;
        }
        return first;
    }
}
