using System.Collections;
using System.Reflection;
using System.Text;

namespace KubeCheckpoint.Help;

/// <summary>The help topic with what the versions of the runtimes can do: the table that the preflight asks, so that neither can fall behind.</summary>
internal static class RuntimesTopic
{
    private const int Indent = 8;
    private const string TableType = "KubeCheckpoint.Cluster.Preflight.RuntimeSupport";

    private const string Head = """
        TOPIC
            about_KubeCheckpoint_Runtimes

        SHORT DESCRIPTION
            Which versions of the container runtimes checkpoint and restore.

        LONG DESCRIPTION
            State of November 2026. This is what a version does as it comes, with the
            criu program on the node; Test-CheckpointSupport holds your nodes against
            it, and Test-CheckpointSupport -Deep finds out what they do really.

              On             on unless it was switched off
              OffByDefault   there, and to be switched on
              Unclear        the version alone does not say
              Missing        not there yet
              Removed        there no more

        """;

    private const string Foot = """
        SEE ALSO
            Test-CheckpointSupport
            about_KubeCheckpoint_ClusterSetup

        """;

    /// <summary>Writes the topic.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="engine">The assembly that has the table.</param>
    public static void Write(string path, Assembly engine)
    {
        var rows = (IEnumerable)engine.GetType(TableType, throwOnError: true)!.GetProperty("Table")!.GetValue(null)!;
        var topic = new StringBuilder(Head);
        foreach (var runtime in rows.Cast<object>().GroupBy(row => Text(row, "RuntimeName")))
        {
            topic.AppendLine().AppendLine(runtime.Key.ToUpperInvariant());
            foreach (var row in runtime)
            {
                topic.AppendLine($"  {Versions(Text(row, "From"), Text(row, "Until")),-18}  checkpoint {Text(row, "Checkpoint"),-12}  restore {Text(row, "Restore")}");
                var remedies = new[] { Text(row, "CheckpointRemedy"), Text(row, "RestoreRemedy") }.Where(remedy => remedy.Length > 0).ToList();
                foreach (var remedy in remedies.Where(remedy => !remedies.Exists(other => other != remedy && other.StartsWith(remedy, StringComparison.Ordinal))).Distinct())
                    TopicText.AppendWrapped(topic, Indent, remedy);
            }
        }

        topic.AppendLine().Append(Foot);
        File.WriteAllText(path, topic.ToString());
    }

    private static string Versions(string from, string until) => (from, until) switch
    {
        ("0.0.0", "") => "all",
        ("0.0.0", _) => $"before {until}",
        (_, "") => $"{from} and newer",
        _ => $"{from} to <{until}",
    };

    private static string Text(object row, string property) => row.GetType().GetProperty(property)!.GetValue(row)?.ToString() ?? "";
}
