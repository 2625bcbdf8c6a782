namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>The result of <see cref="RestartScript"/>. It comes from a node and may be malformed.</summary>
/// <param name="Outcome">The word after <c>end</c>.</param>
/// <param name="Detail">What follows it.</param>
/// <param name="Left">The files that were not put back, each with the reason.</param>
/// <param name="Settings">The settings of the running configuration, by key.</param>
internal sealed record RestartResult(string Outcome, string Detail, IReadOnlyList<string> Left, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>Reads it; null if it is not complete.</summary>
    public static RestartResult? Read(string output)
    {
        var lines = output.Split('\n').Select(line => line.Trim().Split(' ', 2)).ToList();
        var end = lines.FindIndex(parts => parts[0] == "end" && parts.Length == 2);
        if (end < 0)
            return null;
        var words = lines[end][1].Split(' ', 2);
        var rest = lines.Skip(end + 1).Select(parts => string.Join(' ', parts)).Where(line => line.Length > 0);
        var settings = TomlFile.Parse("", lines.Where(parts => parts.Length == 2 && parts[0] == "setting").Select(parts => parts[1]));
        return new(
            words[0],
            string.Join(' ', words.Skip(1).Concat(rest)),
            [.. lines.Where(parts => parts.Length == 2 && parts[0] == "bad").Select(parts => NodeSettings.OnNode(parts[1]))],
            settings.Entries.GroupBy(entry => entry.Key).ToDictionary(group => group.Key, group => group.Last().Value, StringComparer.Ordinal));
    }
}
