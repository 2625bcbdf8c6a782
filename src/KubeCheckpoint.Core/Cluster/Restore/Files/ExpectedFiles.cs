using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;

namespace KubeCheckpoint.Cluster.Restore.Files;

/// <summary>A file that a restored container must have.</summary>
/// <param name="Path">Its path in the container.</param>
/// <param name="Type">Its kind.</param>
/// <param name="Size">The size of a file, or null.</param>
/// <param name="ModifiedAt">When a file was last modified, or null.</param>
internal sealed record ExpectedFile(string Path, CheckpointFileType Type, long? Size, DateTimeOffset? ModifiedAt);

/// <summary>The files that an archive brings back: those in rootfs-diff.tar, except what mounts hide.</summary>
internal static class ExpectedFiles
{
    // What the decoder writes for a byte that is not UTF-8, which no command line can carry.
    private const string Escape = "\\x";

    /// <summary>Reads them, in the order of their paths.</summary>
    /// <param name="archivePath">The archive.</param>
    /// <param name="mounts">The mounts of the restored container, besides those that the archive lists.</param>
    /// <param name="most">How many are returned: evenly spread where there are more.</param>
    /// <param name="kept">How many are read at most.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">The failures of reading an archive.</exception>
    public static IReadOnlyList<ExpectedFile> Read(
        string archivePath, IEnumerable<string> mounts, int most, int kept, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(archivePath, cancellationToken);
        if (content.Find("spec.dump") is not { } member)
            return [];
        using var spec = JsonMember.Read(content, member);
        var hidden = spec.Objects("mounts", "destination").Select(mount => mount[0]).OfType<string>().Concat(mounts)
            .Select(path => path.TrimEnd('/')).Where(path => path.Length > 0).ToList();
        var files = new SortedDictionary<string, ExpectedFile>(StringComparer.Ordinal);
        foreach (var change in FileChangeReader.Read(content.Archive, cancellationToken))
        {
            if (change.Change is FileChangeKind.Added or FileChangeKind.Written && change.Type is { } type
                && !hidden.Exists(mount => IsUnder(change.Path, mount)) && !change.Path.Contains(Escape, StringComparison.Ordinal)
                && (files.Count < kept || files.ContainsKey(change.Path)))
            {
                files[change.Path] = new ExpectedFile(change.Path, type, change.Size, type == CheckpointFileType.File ? change.ModifiedAt : null);
            }
        }
        return Spread([.. files.Values], most);
    }

    private static ExpectedFile[] Spread(ExpectedFile[] files, int most) =>
        files.Length <= most ? files : [.. Enumerable.Range(0, most).Select(number => files[(int)((long)number * files.Length / most)])];

    private static bool IsUnder(string path, string folder) =>
        path.StartsWith(folder, StringComparison.Ordinal) && (path.Length == folder.Length || path[folder.Length] == '/');
}
