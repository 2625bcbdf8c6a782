using System.Globalization;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Criu.Logs;

/// <summary>
/// A line of CRIU's log (criu/log.c, criu/include/log.h): seconds since the start, then <c>Error (file:line): </c> or
/// <c>Warn  (file:line): </c> before errors and warnings, nothing before other messages. While restoring, a process id and in its
/// parasite <c>pie: </c> come before that.
/// </summary>
/// <param name="Elapsed">The time since CRIU began, or null.</param>
/// <param name="Level">The severity.</param>
/// <param name="SourceFile">The file in CRIU's source, or null.</param>
/// <param name="Line">The line in that file, or null.</param>
/// <param name="Message">The message.</param>
internal sealed partial record CriuLogLine(TimeSpan? Elapsed, CriuLogLevel Level, string? SourceFile, int? Line, string Message)
{
    /// <summary>The process id before an error or warning, or null.</summary>
    public int? ProcessId { get; init; }

    public static CriuLogLine Parse(string text)
    {
        var time = Timestamp().Match(text);
        var elapsed = time.Success ? ToTime(time.Groups["seconds"].ValueSpan, time.Groups["fraction"].ValueSpan) : null;
        var rest = elapsed is null ? text : text[time.Length..];
        var mark = Mark().Match(rest);
        if (!mark.Success || !int.TryParse(mark.Groups["line"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var line))
            return new CriuLogLine(elapsed, CriuLogLevel.Info, null, null, rest.TrimEnd());
        var level = mark.Groups["level"].ValueSpan.SequenceEqual("Error") ? CriuLogLevel.Error : CriuLogLevel.Warning;
        return new CriuLogLine(elapsed, level, mark.Groups["file"].Value, line, rest[mark.Length..].TrimEnd())
        {
            ProcessId = int.TryParse(mark.Groups["pid"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null,
        };
    }

    // Microseconds; from 100 s on, the width of the field cuts off the last digit.
    private static TimeSpan? ToTime(ReadOnlySpan<char> seconds, ReadOnlySpan<char> fraction) =>
        decimal.TryParse($"{seconds}.{fraction}", NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var time)
            ? TimeSpan.FromTicks((long)(time * TimeSpan.TicksPerSecond))
            : null;

    [GeneratedRegex(@"\A\((?<seconds>[0-9]{1,9})\.(?<fraction>[0-9]{1,6})\) ", RegexOptions.CultureInvariant)]
    private static partial Regex Timestamp();

    [GeneratedRegex(
        @"\A(?:pie: )?(?: *(?<pid>[0-9]{1,10}): )?(?<level>Error|Warn ) \((?<file>[^():]{1,200}):(?<line>[0-9]{1,9})\): ", RegexOptions.CultureInvariant)]
    private static partial Regex Mark();
}
