using System.Text.RegularExpressions;

namespace KubeCheckpoint.Help;

/// <summary>
/// The table of error ids: the factories of the *Failure classes and their summaries, so that the table cannot fall behind the code. A factory
/// called From... chooses among others and has no id of its own.
/// </summary>
internal static partial class ErrorTable
{
    private const int Indent = 6;

    public static TopicTable Of(XmlDocumentation documentation)
    {
        var areas = documentation.Members
            .Select(member => (Match: Factory().Match(member.Name), Summary: member.Member.Element("summary")))
            .Where(member => member.Match.Success && member.Summary is not null)
            .Select(member => (
                Area: AreaOf(member.Match.Groups["area"].Value),
                Id: member.Match.Groups["id"].Value,
                Text: XmlDocumentation.Text(member.Summary!)))
            .DistinctBy(failure => failure.Id)
            .OrderBy(failure => failure.Id, StringComparer.Ordinal)
            .GroupBy(failure => failure.Area)
            .OrderBy(area => area.Key, StringComparer.Ordinal)
            .ToList();
        return new TopicTable(
            [
                .. areas.SelectMany(area => area
                    .SelectMany(failure => TopicTable.Wrap(failure.Text, Indent).Prepend("  " + failure.Id))
                    .Prepend(area.Key)
                    .Append(string.Empty)),
            ],
            [
                .. areas.SelectMany(area => area
                    .Select(failure => $"| `{failure.Id}` | {Markdown.Cell(failure.Text)} |")
                    .Prepend($"## {area.Key}\n\n| id | meaning |\n|---|---|")
                    .Append(string.Empty)),
            ]);
    }

    private static string AreaOf(string name) =>
        Words().Replace(name, word => " " + word.Value.ToLowerInvariant())
            .Replace("Criu", "CRIU", StringComparison.Ordinal)
            .Replace("Kube config", "Kubeconfig", StringComparison.Ordinal);

    [GeneratedRegex(@"^M:KubeCheckpoint(\.\w+)*\.(?<area>\w+)Failure\.(?!From[A-Z])(?<id>\w+)")]
    private static partial Regex Factory();

    [GeneratedRegex(@"(?<=[a-z])[A-Z]")]
    private static partial Regex Words();
}
