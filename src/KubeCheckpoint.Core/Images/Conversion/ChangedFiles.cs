using System.Text.Json.Nodes;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Tar;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Converts the changed and deleted files of a container to the target's format. All three runtimes unpack <c>rootfs-diff.tar</c> in any
/// compression. CRI-O and Podman read the deleted files from <c>deleted.files</c>, after unpacking; containerd reads whiteouts in the tar.
/// Where nothing was deleted, or source and target have the same format, the files stay as they are.
/// </summary>
internal static class ChangedFiles
{
    /// <summary>Writes the files in the format of the target.</summary>
    /// <exception cref="KubeCheckpointException">FileNotConvertible, ArchiveMemberInvalid, ArchiveTruncated, ArchiveDamaged.</exception>
    public static void Apply(ConversionSource source, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        if (source.Target == CheckpointEngine.Containerd)
            ListToWhiteouts.Apply(source, overlay, cancellationToken);
        else
            FilesAndList.Apply(source, overlay, cancellationToken);
    }

    /// <summary>Opens the tar of changed files; null where the archive has none.</summary>
    public static RawTarReader? Open(ConversionSource source, CancellationToken cancellationToken)
    {
        if (source.Content.Find(RootFsDiff.MemberName) is not { } member)
            return null;
        var (tar, path) = RootFsDiff.OpenTar(source.Path, member, source.Content.OpenMember(member));
        return new RawTarReader(tar, path, cancellationToken);
    }

    /// <summary>The paths in deleted.files, relative to the root: a folder directly before its content.</summary>
    /// <exception cref="KubeCheckpointException">ArchiveMemberInvalid, ArchiveMemberTooLarge.</exception>
    public static SortedSet<string> ReadDeleted(ConversionSource source)
    {
        var deleted = new SortedSet<string>(PathOrder.Instance);
        if (source.Content.Find(DeletedFiles.MemberName) is not { } member)
            return deleted;
        using var data = source.Content.OpenMember(member);
        foreach (var change in DeletedFiles.Read(source.Content.Archive, member, data))
        {
            var path = MemberName.Clean(change.Path.TrimStart('/'), out var reason);
            if (string.IsNullOrEmpty(path))
            {
                var message = reason.Length > 0 ? $"a deleted path: {reason}" : "the root folder is listed as deleted";
                throw ArchiveFailure.ArchiveMemberInvalid(source.Path, member, message);
            }
            deleted.Add(path);
        }
        return deleted;
    }

    /// <summary>A list of paths in the format of the engines.</summary>
    public static string ToJson(IEnumerable<string> paths) => EditableJson.ToText(new JsonArray([.. paths.Select(path => (JsonNode)path)]));

    private sealed class PathOrder : IComparer<string>
    {
        public static readonly PathOrder Instance = new();

        public int Compare(string? x, string? y)
        {
            var length = Math.Min(x!.Length, y!.Length);
            for (var i = 0; i < length; i++)
            {
                if (x[i] != y[i])
                    return (x[i] == '/' ? -1 : x[i]) - (y[i] == '/' ? -1 : y[i]);
            }
            return x.Length - y.Length;
        }
    }
}
