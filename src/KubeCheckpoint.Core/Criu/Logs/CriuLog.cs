using System.Text.RegularExpressions;

namespace KubeCheckpoint.Criu.Logs;

/// <summary>Finds CRIU's own errors in the log that a runtime quotes in its message.</summary>
internal static partial class CriuLog
{
    private const int Most = 5;

    /// <summary>The messages of lines that begin with Error, except those that also appear in the logs of successful dumps.</summary>
    public static IReadOnlyList<string> Errors(string words) =>
        [.. Error().Matches(words)
            .Select(match => match.Groups["error"].Value)
            .Where(error => CriuDiagnoses.Find(error) is not { Kind: CriuMessageKind.Harmless })
            .Distinct(StringComparer.Ordinal)
            .Take(Most)];

    [GeneratedRegex("""Error \([^)]*\): (?<error>.*?)(?:\\?"?\s*$)""", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Error();
}
