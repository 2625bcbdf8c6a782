using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>Unified diffs of files to which lines are added.</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>A file that is created.</summary>
    public static string OfNew(string path, string text) => Build("/dev/null", path, [], Lines(text), 0);

    /// <summary>Lines that are added at the end of a file.</summary>
    public static string OfAppended(string path, string old, string added)
    {
        var before = Lines(old);
        var after = Lines(old + added);

        // A last line without its newline changes too.
        var same = old.Length == 0 || old.EndsWith('\n') ? before.Count : before.Count - 1;
        var shown = Math.Min(Context, same);
        return Build(path, path, before.Skip(same - shown).ToList(), after.Skip(same - shown).ToList(), same - shown, shown);
    }

    /// <summary>A line that is added before the first one of a file, which is not shown.</summary>
    public static string OfFirstLine(string path, string line) => Build(path, path, [], [line + "\n"], 0);

    private static string Build(string from, string to, List<string> before, List<string> after, int skipped, int same = 0)
    {
        var diff = new StringBuilder();
        diff.Append(CultureInfo.InvariantCulture, $"--- {from}\n+++ {to}\n@@ -{Range(skipped, before.Count)} +{Range(skipped, after.Count)} @@\n");
        foreach (var line in before.Take(same))
            Add(diff, ' ', line);
        foreach (var line in before.Skip(same))
            Add(diff, '-', line);
        foreach (var line in after.Skip(same))
            Add(diff, '+', line);
        return diff.ToString().TrimEnd('\n');
    }

    private static string Range(int skipped, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"{(count == 0 ? skipped : skipped + 1)}{(count == 1 ? "" : $",{count}")}");

    private static void Add(StringBuilder diff, char sign, string line)
    {
        diff.Append(sign).Append(line);
        if (!line.EndsWith('\n'))
            diff.Append("\n\\ No newline at end of file\n");
    }

    private static List<string> Lines(string text)
    {
        var lines = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at);
            var next = end < 0 ? text.Length : end + 1;
            lines.Add(text[at..next]);
            at = next;
        }

        return lines;
    }
}
