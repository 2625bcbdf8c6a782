namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>The tools in the helper image. A busybox may have an applet without a link to it.</summary>
internal sealed class HelperTools
{
    private static readonly string[] Wanted = ["dd", "tail", "head", "wc", "stat", "date", "sha256sum", "rm", "mv", "tar", "find", "awk", "tee", "grep", "ls"];

    private readonly Dictionary<string, string> _commands;

    private HelperTools(Dictionary<string, string> commands) => _commands = commands;

    /// <summary>Prints a line <c>tool command</c> for each tool in the image.</summary>
    public static string Script { get; } =
        $"for t in {string.Join(' ', Wanted)}; do " +
        "if command -v \"$t\" >/dev/null 2>&1; then echo \"$t $t\"; " +
        "elif busybox \"$t\" --help >/dev/null 2>&1; then echo \"$t busybox $t\"; fi; done; true";

    public bool CanSkip => Has("dd");

    public static HelperTools Parse(string output) => new(output
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(line => line.Split(' ', 2))
        .Where(line => line.Length == 2)
        .DistinctBy(line => line[0])
        .ToDictionary(line => line[0], line => line[1], StringComparer.Ordinal));

    /// <summary>The command for a tool. <see cref="Missing"/> has checked the required ones.</summary>
    public string this[string tool] => _commands.GetValueOrDefault(tool, tool);

    public bool Has(string tool) => _commands.ContainsKey(tool);

    /// <summary>Shell functions with the names of the tools that are applets without a link.</summary>
    public string FunctionsFor(IEnumerable<string> tools) =>
        string.Concat(tools.Where(tool => this[tool] != tool).Select(tool => $"{tool}() {{ {this[tool]} \"$@\"; }}\n"));

    /// <summary>The tools that are missing for reading archives, and for deleting them if that is required.</summary>
    public List<string> Missing(bool forRemoval)
    {
        var missing = new List<string>();
        if (!Has("dd") && !(Has("tail") && Has("head")))
            missing.Add("dd (or tail and head)");
        if (!Has("wc") && !Has("stat"))
            missing.Add("wc (or stat)");
        if (!Has("sha256sum"))
            missing.Add("sha256sum");
        if (forRemoval && !Has("rm"))
            missing.Add("rm");
        return missing;
    }
}
