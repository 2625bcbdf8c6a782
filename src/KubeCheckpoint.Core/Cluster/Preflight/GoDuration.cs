using System.Globalization;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>Parses durations as Go formats them: <c>2m0s</c>, <c>1h30m0s</c>, <c>15s</c>, <c>500ms</c>.</summary>
internal static partial class GoDuration
{
    private const double LargestSeconds = 1e9;

    public static TimeSpan? Parse(string? text)
    {
        if (text is null or { Length: > 64 } || Form().Match(text) is not { Success: true } match)
            return null;
        var seconds = match.Groups["number"].Captures.Zip(match.Groups["unit"].Captures, (number, unit) =>
            double.Parse(number.ValueSpan, CultureInfo.InvariantCulture) * SecondsOf(unit.Value)).Sum();
        return seconds < LargestSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static double SecondsOf(string unit) => unit switch
    {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        "ms" => 1e-3,
        "ns" => 1e-9,
        _ => 1e-6,
    };

    [GeneratedRegex(@"^(?:(?<number>\d+(?:\.\d+)?)(?<unit>h|ms|m|s|us|µs|ns))+$")]
    private static partial Regex Form();
}
