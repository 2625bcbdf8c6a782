using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace KubeCheckpoint.Help;

/// <summary>
/// The help topic with the table of error ids: the factories of the *Failure classes and their summaries, so that the table cannot fall
/// behind them.
/// </summary>
internal static partial class ErrorsTopic
{
    private const int Indent = 6;

    private const string Head = """
        TOPIC
            about_KubeCheckpoint_Errors

        SHORT DESCRIPTION
            The table of error ids.

        LONG DESCRIPTION
            Each failure has one id, which never changes its meaning. It is the first
            part of FullyQualifiedErrorId:

              $Error[0].FullyQualifiedErrorId                    # PodNotFound,...
              $Error[0].ErrorDetails.RecommendedAction           # what to do
              $Error[0].Exception.InnerException                 # the server's words

        """;

    private const string Foot = """
        SEE ALSO
            about_KubeCheckpoint
            about_KubeCheckpoint_ClusterSetup

        """;

    /// <summary>Writes the topic.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="documentationPaths">The XML documentation files of the assemblies that have failures.</param>
    public static void Write(string path, IEnumerable<string> documentationPaths)
    {
        var failures = documentationPaths
            .SelectMany(file => XDocument.Load(file).Descendants("member"))
            .Select(member => (Match: Factory().Match(member.Attribute("name")!.Value), Summary: member.Element("summary")))
            .Where(member => member.Match.Success && member.Summary is not null)
            .Select(member => (
                Room: member.Match.Groups["room"].Value,
                Id: member.Match.Groups["id"].Value,
                Text: XmlDocumentation.Text(member.Summary!)))
            .DistinctBy(failure => failure.Id);

        var topic = new StringBuilder(Head);
        foreach (var room in failures.GroupBy(failure => failure.Room).OrderBy(room => room.Key, StringComparer.Ordinal))
        {
            topic.AppendLine().AppendLine(room.Key.ToUpperInvariant());
            foreach (var (_, id, text) in room.OrderBy(failure => failure.Id, StringComparer.Ordinal))
            {
                topic.Append("  ").AppendLine(id);
                TopicText.AppendWrapped(topic, Indent, text);
            }
        }

        topic.AppendLine().Append(Foot);
        File.WriteAllText(path, topic.ToString());
    }

    [GeneratedRegex(@"^M:KubeCheckpoint\.[\w.]+\.(?<room>\w+)Failure\.(?<id>\w+)")]
    private static partial Regex Factory();
}
