using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>The members that -Member names, with or without wildcards, and those of them an archive did not have.</summary>
internal sealed class MemberPatterns
{
    private readonly List<WildcardPattern> _wildcards = [];
    private readonly List<(string Text, string Name)> _names = [];
    private readonly HashSet<string> _missing = new(StringComparer.Ordinal);

    public MemberPatterns(string[]? members)
    {
        foreach (var member in members ?? ["*"])
        {
            if (WildcardPattern.ContainsWildcardCharacters(member))
            {
                _wildcards.Add(WildcardPattern.Get(WithoutDot(member), WildcardOptions.IgnoreCase));
                continue;
            }
            _names.Add((member, WithoutDot(WildcardPattern.Unescape(member)).TrimEnd('/')));
            _missing.Add(member);
        }
    }

    /// <summary>Names without wildcards that no member has had yet.</summary>
    public IEnumerable<string> Missing => _missing;

    /// <summary>True where a wildcard matches, and for a member or a folder it lies in that is named.</summary>
    public bool IsMatch(string member)
    {
        var isMatch = _wildcards.Exists(wildcard => wildcard.IsMatch(member));
        foreach (var (text, name) in _names)
        {
            if (!IsOrLiesIn(member, name))
                continue;
            _missing.Remove(text);
            isMatch = true;
        }
        return isMatch;
    }

    private static bool IsOrLiesIn(string member, string name) =>
        member.StartsWith(name, StringComparison.OrdinalIgnoreCase) && (member.Length == name.Length || member[name.Length] == '/');

    // tar lists the members of some archives with it and those of others without.
    private static string WithoutDot(string name) => name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
}
