using System.Text.RegularExpressions;

namespace KubeCheckpoint.Help;

/// <summary>Plain text as Markdown.</summary>
internal static partial class Markdown
{
    /// <summary>Escapes what Markdown would take for markup, and sets parameters as code.</summary>
    public static string Text(string text) => Parameter().Replace(Special().Replace(text, @"\$0"), "`$0`");

    /// <summary>The same with links where cmdlets and help topics are named.</summary>
    /// <param name="text">The plain text.</param>
    /// <param name="pageOfCommand">The page of a cmdlet, or null for a name that is not to be a link.</param>
    /// <param name="pageOfTopic">The page of a help topic.</param>
    public static string Linked(string text, Func<string, string?> pageOfCommand, Func<string, string> pageOfTopic)
    {
        var linked = CommandName().Replace(Text(text), match => pageOfCommand(match.Value) is { } page ? Link(match, page) : match.Value);
        return EscapedTopicName().Replace(
            linked, match => Link(match, pageOfTopic(match.Value.Replace(@"\", string.Empty, StringComparison.Ordinal))));

        static string Link(Match match, string page) => $"[{match.Value}]({page})";
    }

    /// <summary>A text in a cell of a table.</summary>
    public static string Cell(string text) => Text(text).Replace("|", @"\|", StringComparison.Ordinal);

    /// <summary>Writes a file with line feeds, whatever the system.</summary>
    public static void Write(string path, IEnumerable<string> lines) =>
        File.WriteAllText(path, string.Join('\n', lines).ReplaceLineEndings("\n").TrimEnd('\n') + '\n');

    /// <summary>What looks like the name of a cmdlet.</summary>
    [GeneratedRegex(@"\b[A-Z][a-z]+-[A-Z]\w+\b")]
    public static partial Regex CommandName();

    [GeneratedRegex(@"\babout\\_KubeCheckpoint(\\_[A-Za-z]+)?\b")]
    private static partial Regex EscapedTopicName();

    [GeneratedRegex(@"[\\`*_<>\[\]]")]
    private static partial Regex Special();

    [GeneratedRegex(@"(?<![\w-])-([A-Z][a-z]|CA)[A-Za-z]*\b")]
    private static partial Regex Parameter();
}
