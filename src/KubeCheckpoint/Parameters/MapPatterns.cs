using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>The maps that -Map names: by path or kind, with wildcards. The brackets of a kind are no wildcard, and may be left out.</summary>
internal sealed class MapPatterns(string[]? maps)
{
    private readonly (string Text, WildcardPattern Wildcard)[] _maps =
        [.. (maps ?? ["*"]).Select(map => (map, WildcardPattern.Get(map, WildcardOptions.IgnoreCase)))];

    /// <summary>Whether one of them names a map.</summary>
    /// <param name="name">A path, or a kind in brackets such as <c>[heap]</c>.</param>
    public bool IsMatch(string name) => Array.Exists(_maps, map => map.Wildcard.IsMatch(name)
        || map.Text.Equals(name, StringComparison.OrdinalIgnoreCase)
        || (name.StartsWith('[') && map.Wildcard.IsMatch(name.Trim('[', ']'))));
}
