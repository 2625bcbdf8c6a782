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
}
