namespace KubeCheckpoint.Core.Tests.Criu.Memory;

/// <summary>A small greedy encoder of LZ4 blocks (lz4_Block_format.md), which follows the rules for the end of a block.</summary>
internal static class Lz4Encoder
{
    private const int MinimumMatch = 4;

    // The last five bytes are literals, and the last match begins at least twelve bytes before the end.
    private const int LastLiterals = 5;
    private const int MatchLimit = 12;

    public static byte[] Encode(ReadOnlySpan<byte> content)
    {
        var block = new List<byte>();
        var seen = new Dictionary<uint, int>();
        var anchor = 0;
        for (var i = 0; i + MatchLimit <= content.Length;)
        {
            var key = BitConverter.ToUInt32(content[i..]);
            var known = seen.TryGetValue(key, out var from) && i - from <= ushort.MaxValue;
            seen[key] = i;
            if (!known)
            {
                i++;
                continue;
            }
            var length = content[from..].CommonPrefixLength(content[i..^LastLiterals]);
            Sequence(block, content[anchor..i], i - from, length);
            i += length;
            anchor = i;
        }
        Sequence(block, content[anchor..], 0, 0);
        return [.. block];
    }

    /// <summary>Literals, then a match; without a match, the end of the block.</summary>
    public static void Sequence(List<byte> block, ReadOnlySpan<byte> literals, int distance, int match)
    {
        var extra = distance == 0 ? 0 : match - MinimumMatch;
        block.Add((byte)(Math.Min(literals.Length, 15) << 4 | Math.Min(extra, 15)));
        Length(block, literals.Length);
        block.AddRange(literals);
        if (distance == 0)
            return;
        block.Add((byte)distance);
        block.Add((byte)(distance >> 8));
        Length(block, extra);
    }

    private static void Length(List<byte> block, int length)
    {
        if (length < 15)
            return;
        for (length -= 15; length >= 255; length -= 255)
            block.Add(255);
        block.Add((byte)length);
    }
}
