using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>Tags of a repository or names of a layout, with wildcards. Case matters in them. For one caller at a time.</summary>
internal sealed class ImageNamePatterns
{
    private readonly List<WildcardPattern>? _wildcards;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _missing;

    /// <param name="patterns">Null: all of them.</param>
    public ImageNamePatterns(string[]? patterns)
    {
        _wildcards = patterns is null ? null : [];
        foreach (var pattern in patterns ?? [])
        {
            if (WildcardPattern.ContainsWildcardCharacters(pattern))
                _wildcards!.Add(WildcardPattern.Get(pattern, WildcardOptions.None));
            else
                _names.Add(WildcardPattern.Unescape(pattern));
        }
        _missing = new HashSet<string>(_names, StringComparer.Ordinal);
    }

    /// <summary>Names without wildcards that nothing had.</summary>
    public IEnumerable<string> Missing => _missing;

    public bool IsMatch(string name)
    {
        _missing.Remove(name);
        return _wildcards is null || _names.Contains(name) || _wildcards.Exists(wildcard => wildcard.IsMatch(name));
    }
}
