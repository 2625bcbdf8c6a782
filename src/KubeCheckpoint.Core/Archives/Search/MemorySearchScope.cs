namespace KubeCheckpoint.Archives.Search;

/// <summary>Which memory of an archive is searched.</summary>
/// <param name="IsProcessWanted">Selects the processes.</param>
/// <param name="IsMapWanted">Selects the maps by name.</param>
public sealed record MemorySearchScope(ProcessFilter IsProcessWanted, Func<string, bool> IsMapWanted)
{
    /// <summary>All of it.</summary>
    public static MemorySearchScope All { get; } = new((_, _) => true, _ => true);
}
