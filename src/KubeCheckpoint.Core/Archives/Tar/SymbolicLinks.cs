namespace KubeCheckpoint.Archives.Tar;

/// <summary>Follows symbolic links from member to member. Nothing outside of the archive is looked at.</summary>
internal static class SymbolicLinks
{
    // As in Linux, where the next one is ELOOP.
    private const int LongestChain = 40;

    /// <summary>The member with the data of the file that it leads to; the member itself where it leads to none.</summary>
    /// <param name="member">The member.</param>
    /// <param name="find">Finds a member by its name.</param>
    public static ArchiveMember Follow(ArchiveMember member, Func<string, ArchiveMember?> find)
    {
        var current = member;
        for (var length = 0; current is { SymbolicTarget: { } target }; length++)
        {
            current = length < LongestChain && Resolve(current.Name, target) is { } name ? find(name) : null;
        }
        return current is { Kind: ArchiveMemberKind.File } && member.SymbolicTarget is not null ? member.LinkTo(current) : member;
    }

    // The target is relative to the folder of the link.
    private static string? Resolve(string link, string target)
    {
        if (target.StartsWith('/'))
            return null;
        List<string> parts = [.. link.Split('/')[..^1]];
        foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."))
        {
            if (part != "..")
                parts.Add(part);
            else if (parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else
                return null;
        }
        return string.Join('/', parts);
    }
}
