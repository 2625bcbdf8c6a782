namespace KubeCheckpoint.Archives.Search;

/// <summary>Byte sequences of which any one is looked for.</summary>
internal sealed class NeedleSet(IReadOnlyList<ByteNeedle> needles)
{
    // So that a rare one is not looked for to the end of a buffer while a frequent one stands near its front.
    private const int Block = 16 * 1024;

    private readonly int _longest = needles.Max(needle => needle.Length);

    /// <summary>Where the first of them stands, or -1.</summary>
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
