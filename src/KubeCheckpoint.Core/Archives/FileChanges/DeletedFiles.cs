using System.Text.Json;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Archives.FileChanges;

/// <summary>The member <c>deleted.files</c> of CRI-O and Podman: a JSON array of paths.</summary>
internal static class DeletedFiles
{
    public const string MemberName = "deleted.files";

    public static IEnumerable<CheckpointFileChange> Read(ArchiveFile archive, ArchiveMember member, Stream data)
    {
        foreach (var path in Parse(archive.Path, member, archive.ReadJson(member, data)))
        {
            yield return new CheckpointFileChange
            {
                ArchivePath = archive.Path,
                Change = FileChangeKind.Deleted,
                Path = path.StartsWith('/') ? path : "/" + path,
            };
        }
    }

    /// <summary>The paths, without a slash in front: a folder directly before its content.</summary>
    /// <exception cref="KubeCheckpointException">ArchiveMemberInvalid, ArchiveMemberTooLarge.</exception>
    public static SortedSet<string> ReadPaths(CheckpointContent content)
    {
        var deleted = new SortedSet<string>(PathOrder.Instance);
        if (content.Find(MemberName) is not { } member)
            return deleted;
        using var data = content.OpenMember(member);
        foreach (var change in Read(content.Archive, member, data))
        {
            var path = Tar.MemberName.Clean(change.Path.TrimStart('/'), out var reason);
            if (string.IsNullOrEmpty(path))
            {
                var message = reason.Length > 0 ? $"a deleted path: {reason}" : "the root folder is listed as deleted";
                throw ArchiveFailure.ArchiveMemberInvalid(content.Path, member, message);
            }
            deleted.Add(path);
        }
        return deleted;
    }

    private static List<string> Parse(string archivePath, ArchiveMember member, byte[] json)
    {
        return StrictJson.Read(
            json,
            root => root.ValueKind switch
            {
                JsonValueKind.Array => root.EnumerateArray().Select(PathOf).ToList(),
                JsonValueKind.Null => [],
                _ => throw ArchiveFailure.ArchiveMemberInvalid(archivePath, member, "it is JSON, but not an array"),
            },
            exception => ArchiveFailure.ArchiveMemberInvalid(archivePath, member, $"it is not JSON: {exception.Message}", exception),
            depth: 2);

        string PathOf(JsonElement path) => path.ValueKind is JsonValueKind.String or JsonValueKind.Null
            ? path.GetString() ?? ""
            : throw ArchiveFailure.ArchiveMemberInvalid(archivePath, member, "a path in it is not a UTF-8 string");
    }

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
