using System.Text.RegularExpressions;

namespace KubeCheckpoint.Cluster;

/// <summary>Finds CRIU's own errors in the log that a runtime quotes in its message.</summary>
internal static partial class CriuLog
{
    private const int Most = 5;

    /// <summary>The lines that begin with Error, without the one that stands in every log of a runtime that may not raise limits.</summary>
    public static IReadOnlyList<string> Errors(string words) =>
        [.. Error().Matches(words)
            .Select(match => match.Groups["error"].Value)
            .Where(error => !error.Contains("RLIMIT_NOFILE", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .Take(Most)];

    [GeneratedRegex("""Error \([^)]*\): (?<error>.*?)(?:\\?"?\s*$)""", RegexOptions.Multiline)]
    private static partial Regex Error();
}
