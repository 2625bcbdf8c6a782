namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>A reader of archives.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Members">The members that it reads, by stem; none where it reads the tar alone.</param>
/// <param name="Read">Reads an archive.</param>
/// <param name="Cost">How many times longer it takes than others.</param>
internal sealed record ArchiveReader(string Name, string[] Members, Action<ArchiveInput> Read, int Cost = 1)
{
    private readonly HashSet<string> _members = new(Members, StringComparer.Ordinal);

    public bool Touches(HashSet<string> stems) => stems.Overlaps(_members);
}
