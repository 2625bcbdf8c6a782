namespace KubeCheckpoint.Criu.Memory;

/// <summary>Decodes one block of LZ4 (lz4 Block Format description, lz4_Block_format.md).</summary>
internal static class Lz4Block
{
    private const int MinimumMatch = 4;
    private const int Escape = 15;

    /// <summary>The most bytes a block can hold: a byte that extends a match adds at most 255.</summary>
    /// <param name="size">The size of the block in bytes.</param>
    public static long LargestContent(long size) => size * byte.MaxValue;

    /// <summary>Decodes a block that must fill the target exactly; false where it does not, or is invalid.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> block, Span<byte> target)
    {
        var (from, to) = (0, 0);
        while (from < block.Length)
        {
            var token = block[from++];
            if (!TryReadLength(block, ref from, token >> 4, out var literals)
                || literals > block.Length - from || literals > target.Length - to)
            {
                return false;
            }

            block.Slice(from, literals).CopyTo(target[to..]);
            from += literals;
            to += literals;
            if (from == block.Length)
                break;
            if (block.Length - from < 2)
                return false;
            var distance = block[from] | block[from + 1] << 8;
            from += 2;
            if (!TryReadLength(block, ref from, token & Escape, out var match))
                return false;
            match += MinimumMatch;
            if (distance == 0 || distance > to || match > target.Length - to)
                return false;
            CopyMatch(target, to, distance, match);
            to += match;
        }
        return to == target.Length;
    }

    // A match that overlaps its own output repeats itself: copy byte by byte.
    private static void CopyMatch(Span<byte> target, int to, int distance, int length)
    {
        if (distance >= length)
        {
            target.Slice(to - distance, length).CopyTo(target[to..]);
            return;
        }
        for (var end = to + length; to < end; to++)
            target[to] = target[to - distance];
    }

    private static bool TryReadLength(ReadOnlySpan<byte> block, ref int from, int nibble, out int length)
    {
        length = nibble;
        if (nibble < Escape)
            return true;
        while (from < block.Length)
        {
            var more = block[from++];
            length += more;
            if (more < byte.MaxValue)
                return true;
        }
        return false;
    }
}
