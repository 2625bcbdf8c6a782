using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Archives.Search;

/// <summary>The bytes of memory as text for people.</summary>
internal static class MatchText
{
    private const char Dot = '.';

    /// <summary>The bytes as they are; what is no character of the encoding is U+FFFD.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, MemoryEncoding encoding) => encoding switch
    {
        MemoryEncoding.Utf16 => Encoding.Unicode.GetString(bytes),
        MemoryEncoding.Latin1 => Encoding.Latin1.GetString(bytes),
        _ => Encoding.UTF8.GetString(bytes),
    };

    /// <summary>The bytes on one line, with nothing in it a terminal would obey: as hexdump's text column.</summary>
    public static string Show(ReadOnlySpan<byte> bytes, MemoryEncoding encoding)
    {
        var text = new StringBuilder();
        foreach (var rune in Decode(bytes, encoding).EnumerateRunes())
        {
            if (IsPrintable(rune))
                text.Append(rune);
            else
                text.Append(Dot);
        }
        return text.ToString();
    }

    private static bool IsPrintable(Rune rune) => rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
