using System.Buffers;
using System.Text;

namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// Decodes UTF-8 so that every byte can be located again: a byte outside of a valid sequence (RFC 3629) becomes a
/// character of its own, U+DC80 to U+DCFF, as in Python's surrogateescape. How a byte is decoded depends only on the three before
/// and after it.
/// </summary>
internal static class Utf8Text
{
    private const char FirstEscape = '\uDC00';
    private const int LongestSequence = 4;

    // A byte that is not ASCII is usually followed by others.
    private const int ShortRun = 16;

    /// <summary>Decodes all bytes.</summary>
    /// <param name="bytes">The bytes; characters that are cut at either end become escapes.</param>
    /// <param name="text">Receives at most as many characters as there are bytes.</param>
    /// <returns>How many characters there are.</returns>
    public static int Decode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        var (from, to) = (0, 0);
        while (from < bytes.Length)
        {
            Ascii.ToUtf16(bytes[from..], text[to..], out var count);
            from += count;
            to += count;
            for (var run = 0; run < ShortRun && from < bytes.Length; run++)
            {
                if (bytes[from] < 0x80)
                {
                    text[to++] = (char)bytes[from++];
                    continue;
                }
                run = 0;
                if (Rune.DecodeFromUtf8(bytes[from..], out var rune, out var length) == OperationStatus.Done)
                {
                    to += rune.EncodeToUtf16(text[to..]);
                    from += length;
                }
                else
                {
                    text[to++] = (char)(FirstEscape + bytes[from++]);
                }
            }
        }
        return to;
    }

    /// <summary>The number of bytes that some decoded characters came from.</summary>
    public static int CountBytes(ReadOnlySpan<char> text, int start, int end)
    {
        if (Ascii.IsValid(text[start..end]))
            return end - start;
        var count = 0;
        for (var i = start; i < end; i++)
        {
            count += text[i] switch
            {
                < '\u0080' => 1,
                < '\u0800' => 2,
                // The first half of a surrogate pair counts for all four bytes, the second for none; an escape counts for one.
                >= '\uD800' and <= '\uDBFF' => 4,
                >= '\uDC00' and <= '\uDFFF' => i > 0 && char.IsHighSurrogate(text[i - 1]) ? 0 : 1,
                _ => 3,
            };
        }
        return count;
    }

    /// <summary>The first index from a position on at which a character begins.</summary>
    public static int NextBorder(ReadOnlySpan<byte> bytes, int index)
    {
        for (var start = Math.Max(0, index - LongestSequence + 1); start < index; start++)
        {
            if (bytes[start] >= 0xC2 && Rune.DecodeFromUtf8(bytes[start..], out _, out var length) == OperationStatus.Done && start + length > index)
                return start + length;
        }
        return index;
    }
}
