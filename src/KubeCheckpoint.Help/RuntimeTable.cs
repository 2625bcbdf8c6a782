using System.Collections;
using System.Reflection;

namespace KubeCheckpoint.Help;

/// <summary>What the versions of the runtimes can do: the table that Test-CheckpointSupport reads, so that neither can fall behind.</summary>
internal static class RuntimeTable
{
    private const string SourceType = ".RuntimeSupport";
    private const int Indent = 8;

    /// <param name="engine">The assembly with the table.</param>
    /// <param name="documentation">The documentation, which knows its namespace.</param>
    public static TopicTable Of(Assembly engine, XmlDocumentation documentation)
    {
        var name = documentation.Members.Select(member => member.Name)
            .Single(member => member.StartsWith("T:", StringComparison.Ordinal) && member.EndsWith(SourceType, StringComparison.Ordinal));
        var source = engine.GetType(name["T:".Length..], throwOnError: true)!;
        var runtimes = ((IEnumerable)source.GetProperty("Table")!.GetValue(null)!).Cast<object>().Select(Row.From).GroupBy(row => row.Runtime).ToList();
        return new TopicTable(
            [
                .. runtimes.SelectMany(runtime => runtime
                    .SelectMany(row => row.Remedies.SelectMany(remedy => TopicTable.Wrap(remedy, Indent))
                        .Prepend($"  {row.Versions,-18}  checkpoint {row.Checkpoint,-12}  restore {row.Restore}"))
                    .Prepend(runtime.Key)
                    .Append(string.Empty)),
            ],
            [
                .. runtimes.SelectMany(runtime => runtime
                    .Select(MarkdownOf)
                    .Prepend($"## {runtime.Key}\n\n| versions | checkpoint | restore | what to do |\n|---|---|---|---|")
                    .Append(string.Empty)),
            ]);
    }

    private static string MarkdownOf(Row row) =>
        $"| {Markdown.Cell(row.Versions)} | {row.Checkpoint} | {row.Restore} | {string.Join("<br>", row.Remedies.Select(Markdown.Cell))} |";

    private sealed record Row(string Runtime, string Versions, string Checkpoint, string Restore, IReadOnlyList<string> Remedies)
    {
        public static Row From(object row) => new(
            Text(row, "RuntimeName"),
            VersionRange(Text(row, "From"), Text(row, "Until")),
            Text(row, "Checkpoint"),
            Text(row, "Restore"),
            WithoutPrefixes([Text(row, "CheckpointRemedy"), Text(row, "RestoreRemedy")]));

        private static string VersionRange(string from, string until) => (from, until) switch
        {
            ("0.0.0", "") => "all",
            ("0.0.0", _) => $"before {until}",
            (_, "") => $"{from} and newer",
            _ => $"{from} to <{until}",
        };

        // Where one remedy begins with the other, the longer says both.
        private static IReadOnlyList<string> WithoutPrefixes(IReadOnlyList<string> remedies) =>
        [
            .. remedies
                .Where(remedy => remedy.Length > 0 && !remedies.Any(other => other != remedy && other.StartsWith(remedy, StringComparison.Ordinal)))
                .Distinct(),
        ];

        private static string Text(object row, string property) => row.GetType().GetProperty(property)!.GetValue(row)?.ToString() ?? "";
    }
}
