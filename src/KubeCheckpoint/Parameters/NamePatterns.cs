using System.Management.Automation;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Parameters;

/// <summary>Names with PowerShell's wildcards, for an engine that knows none.</summary>
internal static class NamePatterns
{
    public static IReadOnlyList<NamePattern> From(IEnumerable<string>? names) => [.. (names ?? []).Select(From)];

    public static NamePattern From(string name)
    {
        var wildcard = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return new NamePattern(name, WildcardPattern.ContainsWildcardCharacters(name), wildcard.IsMatch);
    }
}
