using System.Text.Json.Nodes;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Says the changed and deleted files of a container in the target's way. All three unpack <c>rootfs-diff.tar</c> whatever its compression;
/// what is gone CRI-O and Podman read from <c>deleted.files</c>, after unpacking, and containerd from whiteouts in the tar. Where nothing is
/// gone, or what is gone is written alike, they stay as they are.
/// </summary>
internal static class ChangedFiles
{
    /// <summary>Writes them as they are to be.</summary>
    /// <exception cref="KubeCheckpointException">FileNotConvertible, ArchiveMemberInvalid, ArchiveTruncated, ArchiveDamaged.</exception>
    public static void Apply(ConversionSource source, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        if (source.Target == CheckpointEngine.Containerd)
            ListToWhiteouts.Apply(source, overlay, cancellationToken);
        else
            FilesAndList.Apply(source, overlay, cancellationToken);
    }

    /// <summary>Opens the tar of changed files, or gives null where the archive has none.</summary>
    public static RawTarReader? Open(ConversionSource source, CancellationToken cancellationToken)
    {
        if (source.Content.Find(RootFsDiff.MemberName) is not { } member)
            return null;
        var (tar, path) = RootFsDiff.OpenTar(source.Path, member, source.Content.OpenMember(member));
        return new RawTarReader(tar, path, cancellationToken);
    }

    /// <summary>What deleted.files says is gone, from the root on, which is not included: a folder before what lies in it, and that before anything else.</summary>
    /// <exception cref="KubeCheckpointException">ArchiveMemberInvalid, ArchiveMemberTooLarge.</exception>
    public static SortedSet<string> ReadGone(ConversionSource source)
    {
        var gone = new SortedSet<string>(PathOrder.Instance);
        if (source.Content.Find(DeletedFiles.MemberName) is not { } member)
            return gone;
        using var data = source.Content.OpenMember(member);
        foreach (var change in DeletedFiles.Read(source.Content.Archive, member, data))
        {
            var path = MemberName.Clean(change.Path.TrimStart('/'), out var reason);
            if (string.IsNullOrEmpty(path))
                throw ArchiveFailure.ArchiveMemberInvalid(source.Path, member, reason.Length > 0 ? $"of a deleted path, {reason}" : "it says that the root folder is gone");
            gone.Add(path);
        }
        return gone;
    }

    /// <summary>A list of paths as the engines write it.</summary>
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
