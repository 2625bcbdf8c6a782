namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// Follows symbolic links from member to member. Nothing outside of the archive is looked at. Each target is parsed once, however many links
/// lead through it.
/// </summary>
/// <param name="find">Finds a member by its name, once all have been read.</param>
internal sealed class SymbolicLinks(Func<string, ArchiveMember?> find)
{
    // As in Linux, where the next one is ELOOP.
    private const int LongestChain = 40;

    private readonly Dictionary<ArchiveMember, ArchiveMember?> _next = new(ReferenceEqualityComparer.Instance);

    /// <summary>The member with the data of the file that it leads to; the member itself where it leads to none.</summary>
    public ArchiveMember Follow(ArchiveMember member)
    {
        var current = member;
        for (var length = 0; current?.SymbolicTarget is not null; length++)
        {
            current = length < LongestChain ? Next(current) : null;
        }
        return current is { Kind: ArchiveMemberKind.File } && member.SymbolicTarget is not null ? member.LinkTo(current) : member;
    }

    private ArchiveMember? Next(ArchiveMember link)
    {
        if (!_next.TryGetValue(link, out var next))
            _next.Add(link, next = Resolve(link.Name, link.SymbolicTarget!) is { } name ? find(name) : null);
        return next;
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
