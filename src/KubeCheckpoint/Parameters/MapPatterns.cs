namespace KubeCheckpoint.Parameters;

/// <summary>The memory maps that -Map names, by path or kind. The brackets of a kind are no wildcard, and may be left out.</summary>
internal sealed class MapPatterns(string[]? maps) : WildcardNames(maps)
{
    private protected override bool IsMatch(Name name, string candidate) => name.IsMatch(candidate)
        || name.Text.Equals(candidate, StringComparison.OrdinalIgnoreCase)
        || (candidate.StartsWith('[') && name.IsMatch(candidate.Trim('[', ']')));
}
