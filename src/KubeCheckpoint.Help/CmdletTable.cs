namespace KubeCheckpoint.Help;

/// <summary>The cmdlets and what they do, by task.</summary>
internal sealed class CmdletTable(IReadOnlyList<CommandHelp> commands)
{
    private const int NameIndent = 6;
    private const int SynopsisIndent = 35;

    private readonly IReadOnlyList<(string Title, IReadOnlyList<CommandHelp> Commands)> _groups = CmdletGroup.Arrange(commands);

    public TopicTable ToTopicTable() => new(
        [.. Separate(_groups.Select(group => group.Commands.SelectMany(TextRow).Prepend($"    {group.Title}:")))],
        [.. Separate(_groups.Select(group => PageRows(group.Commands, "cmdlets/").Prepend($"### {group.Title}\n")))]);

    /// <summary>Writes the index of the cmdlets' pages.</summary>
    public void WriteIndex(string folder) => Markdown.Write(
        Path.Combine(folder, "README.md"),
        [
            "# Cmdlets", "",
            "One page for each cmdlet: the text that `Get-Help -Full` shows.", "",
            .. Separate(_groups.Select(group => PageRows(group.Commands, string.Empty).Prepend($"## {group.Title}\n"))),
        ]);

    private static IEnumerable<string> TextRow(CommandHelp command) =>
        TopicTable.Wrap(command.Synopsis, SynopsisIndent, new string(' ', NameIndent) + command.Name + " ");

    private static IEnumerable<string> PageRows(IEnumerable<CommandHelp> commands, string folder) =>
    [
        "| cmdlet | what it does |",
        "|---|---|",
        .. commands.Select(command => $"| [{command.Name}]({folder}{command.Name}.md) | {Markdown.Cell(command.Synopsis)} |"),
    ];

    private static IEnumerable<string> Separate(IEnumerable<IEnumerable<string>> blocks) =>
        blocks.SelectMany((block, index) => index > 0 ? block.Prepend(string.Empty) : block);
}
