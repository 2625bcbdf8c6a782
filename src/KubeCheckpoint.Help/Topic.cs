using System.Text.RegularExpressions;

namespace KubeCheckpoint.Help;

/// <summary>
/// A help topic of en-US, as Get-Help shows it and as a Markdown page. Headings stand at the left, text behind four blanks, what is not to
/// be wrapped behind six; a line such as {errors} stands for a table.
/// </summary>
internal sealed partial class Topic(string name, string[] lines, IReadOnlyDictionary<string, TopicTable> tables, IReadOnlyList<CommandHelp> commands)
{
    private const string Extension = ".help.txt";
    private const string SeeAlso = "SEE ALSO";
    private const int CodeIndent = 6;

    private static readonly Dictionary<string, string> Pages = new()
    {
        ["about_KubeCheckpoint"] = "overview.md",
        ["about_KubeCheckpoint_ClusterSetup"] = "cluster-setup.md",
        ["about_KubeCheckpoint_Errors"] = "errors.md",
        ["about_KubeCheckpoint_Runtimes"] = "runtimes.md",
    };

    public static IEnumerable<Topic> ReadAll(string folder, IReadOnlyDictionary<string, TopicTable> tables, IReadOnlyList<CommandHelp> commands) => Directory
        .GetFiles(folder, "*" + Extension)
        .Order(StringComparer.Ordinal)
        .Select(path => new Topic(Path.GetFileName(path)[..^Extension.Length], File.ReadAllLines(path), tables, commands));

    /// <summary>The file of a topic's page in the docs folder.</summary>
    public static string PageOf(string topic) => Pages[topic];

    /// <summary>Writes the file that Get-Help reads.</summary>
    public void WriteText(string folder) => Markdown.Write(
        Path.Combine(folder, name + Extension),
        lines.SelectMany(line => TableIn(line)?.Text ?? [line]));

    /// <summary>Writes the page.</summary>
    public void WritePage(string folder) => Markdown.Write(Path.Combine(folder, PageOf(name)), PageLines());

    private IEnumerable<string> PageLines()
    {
        yield return $"# {Section("SHORT DESCRIPTION").First().Trim().TrimEnd('.')}\n";
        var body = lines.SkipWhile(line => line != "LONG DESCRIPTION").Skip(1).TakeWhile(line => line != SeeAlso).ToList();
        for (var index = 0; index < body.Count; index++)
        {
            if (!IsCode(body[index]) || IsText(body[index - 1]))
            {
                yield return PageLine(body[index]);
                continue;
            }

            var code = body.Skip(index).TakeWhile(line => line.Length == 0 || IsCode(line)).ToList();
            index += code.Count - 1;
            var text = string.Join('\n', code.Select(line => line.Length > 0 ? line[CodeIndent..] : line)).TrimEnd();
            yield return IsPowerShell(text) ? "```powershell" : "```text";
            yield return text;
            yield return "```\n";
        }

        yield return "## See also\n";
        foreach (var topic in Section(SeeAlso))
            yield return "- " + PageLine(topic);
    }

    private static bool IsCode(string line) => line.StartsWith(new string(' ', CodeIndent), StringComparison.Ordinal);

    private static bool IsPowerShell(string code) => code[0] == '$' || Markdown.CommandName().IsMatch(code);

    // A line further in that follows text at once goes on with an item of a list.
    private static bool IsText(string line) => line.Length > 0 && !IsCode(line);

    private string PageLine(string line) =>
        TableIn(line) is { } table ? string.Join('\n', table.Markdown)
        : line.Length > 0 && line[0] != ' ' ? $"## {line}\n"
        : Markdown.Linked(line.Trim(), PageOfCommand, PageOf);

    private string? PageOfCommand(string command) => commands.Any(other => other.Name == command) ? $"cmdlets/{command}.md" : null;

    private IEnumerable<string> Section(string heading) => lines.SkipWhile(line => line != heading).Skip(1).TakeWhile(line => line.Length > 0);

    private TopicTable? TableIn(string line) => Placeholder().Match(line) is { Success: true } match ? tables[match.Groups["table"].Value] : null;

    [GeneratedRegex(@"^\s*\{(?<table>[a-z]+)\}\s*$")]
    private static partial Regex Placeholder();
}
