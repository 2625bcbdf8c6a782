using System.Collections;
using System.Globalization;

namespace KubeCheckpoint.Formatting;

/// <summary>Values as the views show them. Called by the files in Views.</summary>
public static class Display
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>An age as kubectl shows it: the two largest units, <c>3d4h</c> or <c>5m12s</c>.</summary>
    /// <param name="since">The moment it began, or null.</param>
    /// <returns>The age, or <c>&lt;unknown&gt;</c>.</returns>
    public static string Age(DateTimeOffset? since) =>
        since is { } start ? Duration(DateTimeOffset.UtcNow - start) : "<unknown>";

    /// <summary>A duration in kubectl's manner (apimachinery's <c>duration.HumanDuration</c>).</summary>
    /// <param name="span">The duration; a negative one shows as 0s.</param>
    public static string Duration(TimeSpan span)
    {
        var seconds = Math.Max(0, (long)span.TotalSeconds);
        long minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
        return seconds switch
        {
            < 120 => $"{seconds}s",
            < 600 => Two(minutes, "m", seconds % 60, "s"),
            < 3 * 3600 => $"{minutes}m",
            < 8 * 3600 => Two(hours, "h", minutes % 60, "m"),
            < 48 * 3600 => $"{hours}h",
            < 8 * 86400 => Two(days, "d", hours % 24, "h"),
            < 2 * 365 * 86400L => $"{days}d",
            < 8 * 365 * 86400L => Two(days / 365, "y", days % 365, "d"),
            _ => $"{days / 365}y",
        };
    }

    /// <summary>A measured duration: seconds with a fraction below a minute.</summary>
    /// <param name="span">The duration, or null.</param>
    public static string Elapsed(TimeSpan? span) => span switch
    {
        null => "",
        { } time when time < TimeSpan.FromMinutes(1) => time.TotalSeconds.ToString("0.00's'", CultureInfo.InvariantCulture),
        { } time => Duration(time),
    };

    /// <summary>A number of bytes in binary units, <c>374.0 KiB</c>.</summary>
    /// <param name="bytes">The number of bytes, or null.</param>
    public static string Size(long? bytes)
    {
        if (bytes is not { } count)
            return "";
        double value = count;
        var unit = 0;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture)} {Units[unit]}");
    }

    /// <summary>The first twelve hexadecimal digits of a digest or id, as docker shows it.</summary>
    /// <param name="id">A digest such as <c>sha256:87f6b8...</c>, an id, or null.</param>
    public static string ShortId(string? id)
    {
        var digits = id?[(id.LastIndexOf(':') + 1)..] ?? string.Empty;
        return Printable(digits.Length > 12 ? digits[..12] : digits)!;
    }

    /// <summary>yes, no, or a question mark.</summary>
    /// <param name="value">The value; null if it is unknown.</param>
    public static string YesNo(bool? value) => value switch
    {
        true => "yes",
        false => "no",
        _ => "?",
    };

    /// <summary>Names and values as kubectl shows labels: <c>app=web, tier=front</c>.</summary>
    /// <param name="pairs">The names and values.</param>
    public static string? Pairs(IDictionary? pairs) =>
        Printable(pairs is null ? null : string.Join(", ", pairs.Keys.Cast<object>().Select(key => $"{key}={pairs[key]}")));

    /// <summary>Text on one line that is safe to print: <see cref="TerminalText.Line"/> for views.</summary>
    /// <param name="text">The text, or null.</param>
    public static string? Printable(string? text) => TerminalText.Line(text);

    /// <summary>Text of several lines that is safe to print: <see cref="TerminalText.Lines"/> for views.</summary>
    /// <param name="text">The text, or null.</param>
    public static string? PrintableLines(string? text) => TerminalText.Lines(text);

    private static string Two(long large, string largeUnit, long small, string smallUnit) =>
        small == 0 ? $"{large}{largeUnit}" : $"{large}{largeUnit}{small}{smallUnit}";
}
