using System.Globalization;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>Times in archives: RFC 3339 as Go writes it, with up to nine decimals.</summary>
internal static class EngineTime
{
    private const int TickDigits = 7;

    /// <summary>Parses a time. Null for null, for Go's zero time (0001-01-01) and for anything else. Digits below 100 ns are cut off.</summary>
    public static DateTimeOffset? Parse(string? text)
    {
        if (text is null)
            return null;
        var point = text.IndexOf('.', StringComparison.Ordinal);
        if (point > 0)
        {
            var end = point + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
                end++;
            text = text[..Math.Min(end, point + 1 + TickDigits)] + text[end..];
        }
        string[] forms = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK"];
        return DateTimeOffset.TryParseExact(text, forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            && time.Year > 1
                ? time
                : null;
    }
}
