using System.Buffers;
using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Archives.Search;

/// <summary>Converts bytes of memory to readable text.</summary>
internal static class MatchText
{
    private const char Dot = '.';

    /// <summary>The bytes on one line that is safe to print, like the text column of hexdump.</summary>
    public static string Show(ReadOnlySpan<byte> bytes, MemoryEncoding encoding)
    {
        var characters = ArrayPool<char>.Shared.Rent(bytes.Length);
        try
        {
            var count = Decoder(encoding).GetChars(bytes, characters);
            return characters.AsSpan(0, Replace(characters.AsSpan(0, count))).ToString();
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }

    private static Encoding Decoder(MemoryEncoding encoding) => encoding switch
    {
        MemoryEncoding.Utf16 => Encoding.Unicode,
        MemoryEncoding.Latin1 => Encoding.Latin1,
        _ => Encoding.UTF8,
    };

    // Replaces characters that cannot be shown with dots; returns the new length.
    private static int Replace(Span<char> text)
    {
        var to = 0;
        for (var from = 0; from < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text[from..], out var rune, out var length) == OperationStatus.Done && IsPrintable(rune))
                to += rune.EncodeToUtf16(text[to..]);
            else
                text[to++] = Dot;
            from += length;
        }
        return to;
    }

    private static bool IsPrintable(Rune rune) => rune.IsAscii ? rune.Value is >= ' ' and < 0x7F : rune != Rune.ReplacementChar
        && Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
