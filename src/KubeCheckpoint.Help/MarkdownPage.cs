using System.Globalization;

namespace KubeCheckpoint.Help;

/// <summary>The page of one cmdlet, in the shape that the pages of PowerShell's own cmdlets have.</summary>
internal sealed class MarkdownPage(CommandHelp command, IReadOnlyList<CommandHelp> commands)
{
    private const int SyntaxWidth = 100;

    public void Write(string folder) => Markdown.Write(Path.Combine(folder, command.Name + ".md"), Lines());

    private IEnumerable<string> Lines() =>
    [
        $"# {command.Name}", "",
        "## Synopsis", "",
        Text(command.Synopsis), "",
        "## Syntax", "",
        .. command.Syntax.SelectMany(Syntax),
        "## Description", "",
        .. Paragraphs(command.Description),
        "## Examples", "",
        .. command.Examples.SelectMany(Example),
        "## Parameters", "",
        .. command.Parameters.SelectMany(Parameter),
        "### CommonParameters", "",
        "The cmdlet supports the common parameters, such as `-ErrorAction` and `-Verbose`: see",
        "[about_CommonParameters](https://go.microsoft.com/fwlink/?LinkID=113216).", "",
        "## Inputs", "",
        .. command.Inputs.Count > 0 ? command.Inputs.SelectMany(Data) : ["### None", "", "Nothing can be piped to the cmdlet.", ""],
        "## Outputs", "",
        .. command.Outputs.SelectMany(Data),
        "## Notes", "",
        .. Paragraphs(command.Notes),
        "## Related links", "",
        .. command.RelatedCommands(commands).Select(related => $"- [{related.Name}]({related.Name}.md)"),
        .. command.RelatedTopics.Select(topic => $"- [{topic}]({TopicPage(topic)})"),
    ];

    private IEnumerable<string> Syntax(SyntaxHelp syntax)
    {
        if (command.Syntax.Count > 1)
            yield return $"### {syntax.Set}{(syntax.IsDefault ? " (default)" : string.Empty)}\n";
        yield return "```";
        var line = command.Name;
        foreach (var word in syntax.Parameters.Select(parameter => SyntaxOf(parameter, syntax.Set)).Append("[<CommonParameters>]"))
        {
            if (line.Length + 1 + word.Length > SyntaxWidth)
            {
                yield return line;
                line = "   ";
            }

            line += " " + word;
        }

        yield return line;
        yield return "```\n";
    }

    private static string SyntaxOf(ParameterHelp parameter, string set)
    {
        var name = parameter.Position(set) is null ? $"-{parameter.Name}" : $"[-{parameter.Name}]";
        var whole = parameter.IsSwitch ? name : $"{name} <{parameter.TypeName}>";
        return parameter.IsMandatory(set) ? whole : $"[{whole}]";
    }

    private IEnumerable<string> Example(ExampleHelp example, int index) =>
    [
        $"### Example {index + 1}", "",
        "```powershell", example.Code, "```", "",
        .. Paragraphs(example.Remarks),
    ];

    private IEnumerable<string> Parameter(ParameterHelp parameter) =>
    [
        $"### -{parameter.Name}", "",
        .. Paragraphs(parameter.Description),
        .. parameter.AcceptedValues.Where(accepted => accepted.Meaning.Length > 0).Select(accepted => $"- `{accepted.Value}`: {Text(accepted.Meaning)}"),
        .. parameter.AcceptedValues.Any(accepted => accepted.Meaning.Length > 0) ? [""] : Array.Empty<string>(),
        "```yaml",
        $"Type: {(parameter.IsSwitch ? "Switch" : parameter.FullTypeName)}",
        $"Parameter sets: {(parameter.Sets.Count > 0 ? string.Join(", ", parameter.Sets) : "(all)")}",
        $"Aliases: {(parameter.Aliases.Count > 0 ? string.Join(", ", parameter.Aliases) : "none")}",
        .. parameter.Accepted is { } accepted ? [$"Accepted values: {accepted}"] : Array.Empty<string>(),
        $"Required: {parameter.IsMandatory(null)}",
        $"Position: {parameter.Position(null)?.ToString(CultureInfo.InvariantCulture) ?? "named"}",
        $"Default value: {parameter.DefaultValue}",
        $"Accept pipeline input: {parameter.PipelineInput}",
        $"Accept wildcard characters: {parameter.TakesWildcards}",
        "```", "",
    ];

    private IEnumerable<string> Data(DataHelp data) =>
        data.Description.Length > 0 ? [$"### {data.TypeName}", "", Text(data.Description), ""] : [$"### {data.TypeName}", ""];

    private IEnumerable<string> Paragraphs(IEnumerable<string> paragraphs) => paragraphs.SelectMany(text => new[] { Text(text), "" });

    private string Text(string text) => Markdown.Linked(
        text,
        name => name != command.Name && commands.Any(other => other.Name == name) ? $"{name}.md" : null,
        TopicPage);

    private static string TopicPage(string topic) => $"../{Topic.PageOf(topic)}";
}
