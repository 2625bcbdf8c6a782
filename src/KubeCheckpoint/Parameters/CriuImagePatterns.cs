using System.Management.Automation;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Parameters;

/// <summary>The images in an archive that -Member names, by their whole name or its last part.</summary>
internal sealed class CriuImagePatterns
{
    private static readonly string[] AllImages = ["checkpoint/*.img"];

    private readonly List<WildcardPattern> _wildcards = [];
    private readonly List<string> _names = [];

    public CriuImagePatterns(string[]? members)
    {
        foreach (var member in members ?? AllImages)
        {
            if (WildcardPattern.ContainsWildcardCharacters(member))
                _wildcards.Add(WildcardPattern.Get(WithoutDot(member), WildcardOptions.IgnoreCase));
            else
                _names.Add(WithoutDot(WildcardPattern.Unescape(member)));
        }
    }

    /// <summary>The members to read: what a wildcard matches as far as it can be an image, and whatever is named.</summary>
    /// <param name="members">All members.</param>
    /// <param name="missing">Names without wildcards that no member has.</param>
    public List<string> Choose(IEnumerable<string> members, out List<string> missing)
    {
        var open = new HashSet<string>(_names, StringComparer.OrdinalIgnoreCase);
        var chosen = members.Where(member => IsNamed(member, open) || (CanBeImage(member) && _wildcards.Exists(wildcard => IsMatch(wildcard, member)))).ToList();
        missing = [.. open];
        return chosen;
    }

    /// <summary>Whether a file is called as the images are that have entries.</summary>
    public static bool CanBeImage(string name) => name.EndsWith(".img", StringComparison.OrdinalIgnoreCase) && !CriuImageFiles.IsRaw(name);

    private bool IsNamed(string member, HashSet<string> open)
    {
        var named = _names.FindAll(name => name.Equals(member, StringComparison.OrdinalIgnoreCase) || name.Equals(LastPart(member), StringComparison.OrdinalIgnoreCase));
        open.ExceptWith(named);
        return named.Count > 0;
    }

    private static bool IsMatch(WildcardPattern wildcard, string member) => wildcard.IsMatch(member) || wildcard.IsMatch(LastPart(member));

    private static string LastPart(string member) => member[(member.LastIndexOf('/') + 1)..];

    private static string WithoutDot(string name) => name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
}
