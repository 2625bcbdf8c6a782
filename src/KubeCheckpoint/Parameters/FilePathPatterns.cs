namespace KubeCheckpoint.Parameters;

/// <summary>Files of a container: a name with a slash is compared with the path, one without with the last part of the path.</summary>
internal sealed class FilePathPatterns(string[]? patterns) : WildcardNames(patterns, normalize: FromRoot)
{
    private protected override bool IsMatch(Name name, string candidate) =>
        name.IsMatch(name.Pattern.Contains('/', StringComparison.Ordinal) ? candidate : candidate[(candidate.LastIndexOf('/') + 1)..]);

    private static string FromRoot(string pattern) =>
        !pattern.Contains('/', StringComparison.Ordinal) || pattern[0] is '/' or '*' or '?' or '[' ? pattern : "/" + pattern;
}
