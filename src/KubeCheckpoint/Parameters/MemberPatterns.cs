using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>The members of an archive that -Member names. The name of a folder stands for all that is in it.</summary>
internal sealed class MemberPatterns(string[]? members) : WildcardNames(members, normalize: WithoutDot)
{
    /// <summary>A name as it is compared: tar lists the members of some archives with "./" and those of others without.</summary>
    public static string WithoutDot(string name) => name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;

    private protected override bool IsMatch(Name name, string candidate) =>
        name.HasWildcards ? name.IsMatch(candidate) : IsOrIsIn(candidate, WildcardPattern.Unescape(name.Pattern).TrimEnd('/'));

    private static bool IsOrIsIn(string member, string name) =>
        member.StartsWith(name, StringComparison.OrdinalIgnoreCase) && (member.Length == name.Length || member[name.Length] == '/');
}
