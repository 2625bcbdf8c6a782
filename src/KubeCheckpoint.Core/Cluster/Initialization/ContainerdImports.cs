using System.Text.RegularExpressions;

namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>
/// The files that containerd's configuration imports. containerd resolves only the imports that config.toml itself has: without that file, or
/// without <c>imports</c> in it, it reads no other (containerd 2.0 to 2.4, cmd/containerd/server/config/config.go; the default import of
/// <c>/etc/containerd/conf.d/*.toml</c> since 2.2 exists only in the output of <c>containerd config default</c>). It merges settings of
/// imported files one by one into those of config.toml, if both have the same version.
/// </summary>
internal static partial class ContainerdImports
{
    public const string Folder = "/etc/containerd";
    public const string MainFile = $"{Folder}/config.toml";
    public const string FileName = "99-kubecheckpoint.toml";
    public const string DefaultDropIn = $"{Folder}/conf.d/{FileName}";

    /// <summary>
    /// The line that imports the drop-in and nothing else. A pattern, since a missing file that is named would keep containerd from starting.
    /// </summary>
    public const string Line = $"imports = [\"{Folder}/conf.d/*kubecheckpoint.toml\"]";

    /// <summary>Where a drop-in can be put for config.toml to import it, or null.</summary>
    /// <param name="imports">The patterns of config.toml.</param>
    public static string? DropIn(IEnumerable<string> imports) => imports
        .Select(Absolute)
        .Select(pattern => (Folder: pattern[..Math.Max(0, pattern.LastIndexOf('/'))], Pattern: pattern))
        .Where(import => import.Pattern.Contains('*', StringComparison.Ordinal) && DropInFolder().IsMatch(import.Folder))
        .Select(import => $"{import.Folder}/{FileName}")
        .FirstOrDefault(path => Covers(imports, path));

    /// <summary>Whether a file is imported.</summary>
    public static bool Covers(IEnumerable<string>? imports, string path) => (imports ?? []).Select(Absolute).Any(pattern =>
        Regex.IsMatch(path, $"^{Regex.Escape(pattern).Replace(@"\*", "[^/]*", StringComparison.Ordinal)}$", RegexOptions.NonBacktracking));

    private static string Absolute(string pattern) => pattern.StartsWith('/') ? pattern : $"{Folder}/{pattern.TrimStart('.', '/')}";

    [GeneratedRegex(@"^/etc/containerd/[A-Za-z0-9_-]+\.d$")]
    private static partial Regex DropInFolder();
}
