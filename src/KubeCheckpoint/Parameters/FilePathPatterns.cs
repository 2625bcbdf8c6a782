using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>Files of a container by wildcards: one with a slash is held against the path, one without against the last name.</summary>
internal sealed class FilePathPatterns(string[]? patterns)
{
    private readonly WildcardPattern[]? _names = patterns is null ? null : Compile(patterns.Where(pattern => !pattern.Contains('/', StringComparison.Ordinal)));
    private readonly WildcardPattern[]? _paths = patterns is null ? null : Compile(patterns.Where(pattern => pattern.Contains('/', StringComparison.Ordinal)).Select(FromRoot));

    public bool IsMatch(string path) => _names is null || _paths is null
        || Array.Exists(_paths, pattern => pattern.IsMatch(path))
        || Array.Exists(_names, pattern => pattern.IsMatch(path[(path.LastIndexOf('/') + 1)..]));

    private static WildcardPattern[] Compile(IEnumerable<string> patterns) =>
        [.. patterns.Select(pattern => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase))];

    private static string FromRoot(string pattern) => pattern[0] is '/' or '*' or '?' or '[' ? pattern : "/" + pattern;
}
