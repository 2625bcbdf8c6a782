using System.Text.RegularExpressions;

namespace KubeCheckpoint.Criu.Logs;

/// <summary>Finds CRIU's log in the message of a runtime that quotes parts of it.</summary>
internal static partial class CriuLog
{
    private const int MostLines = 2000;

    /// <summary>
    /// The quoted lines. runc quotes the lines before each error, each as <c>level=warning msg="778:(00.012324) Error (criu/sk-inet.c:200): ..."</c>
    /// (runc, libcontainer/criu_linux.go, logCriuErrors).
    /// </summary>
    public static IReadOnlyList<string> Lines(string message) =>
        [.. QuotedLine().Matches(message).Take(MostLines).Select(match => Unescape(match.Groups["line"].Value))];

    private static string Unescape(string line) =>
        line.Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal).Replace(@"\\", @"\", StringComparison.Ordinal);

    [GeneratedRegex(
        """msg=\\?"(?:[0-9]{1,9}:)?(?<line>(?:\([0-9]|pie: | *[0-9]{1,10}: )[^\n]*?)\\?"?[ \t]*$""",
        RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex QuotedLine();
}
