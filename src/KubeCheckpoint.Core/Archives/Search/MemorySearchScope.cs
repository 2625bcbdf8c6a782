namespace KubeCheckpoint.Archives.Search;

/// <summary>What of the memory in an archive is searched.</summary>
/// <param name="IsProcessWanted">Says of a process whether its memory is.</param>
/// <param name="IsMapWanted">Says of a map, by what it shows, whether it is.</param>
public sealed record MemorySearchScope(ProcessFilter IsProcessWanted, Func<string, bool> IsMapWanted)
{
    /// <summary>All of it.</summary>
    public static MemorySearchScope All { get; } = new((_, _) => true, _ => true);
}
