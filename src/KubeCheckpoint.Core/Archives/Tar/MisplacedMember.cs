namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// Finds members inside of members that are no folders. Unpacked, such a member is wherever a link leads, or replaces a file. Each name is read
/// once, however many folders are in it.
/// </summary>
internal static class MisplacedMember
{
    /// <summary>The first such member and what it is in, or null.</summary>
    /// <param name="members">All members by their names.</param>
    public static (ArchiveMember Member, ArchiveMember Parent)? Find(Dictionary<string, ArchiveMember> members)
    {
        var factor = (ulong)Random.Shared.NextInt64() | 1;
        var hashes = new HashSet<ulong>();
        foreach (var member in members.Values)
        {
            if (member.Kind != ArchiveMemberKind.Directory)
                hashes.Add(member.Name.Aggregate(0UL, (hash, letter) => Append(hash, letter, factor)));
        }
        var byName = members.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var member in members.Values)
        {
            var hash = 0UL;
            for (var i = 0; i < member.Name.Length; i++)
            {
                var letter = member.Name[i];
                if (letter == '/' && hashes.Contains(hash) && byName.TryGetValue(member.Name.AsSpan(0, i), out var parent)
                    && parent.Kind != ArchiveMemberKind.Directory)
                {
                    return (member, parent);
                }
                hash = Append(hash, letter, factor);
            }
        }
        return null;
    }

    private static ulong Append(ulong hash, char letter, ulong factor) => (hash * factor) + letter + 1;
}
