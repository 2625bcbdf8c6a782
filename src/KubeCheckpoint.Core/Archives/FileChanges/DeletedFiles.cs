using System.Text.Json;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.FileChanges;

/// <summary>The member <c>deleted.files</c> of CRI-O and Podman: a JSON array of paths.</summary>
internal static class DeletedFiles
{
    public const string MemberName = "deleted.files";

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 2 };

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
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return document.RootElement.ValueKind switch
            {
                JsonValueKind.Array => [.. document.RootElement.EnumerateArray().Select(path => path.GetString() ?? "")],
                JsonValueKind.Null => [],
                _ => throw ArchiveFailure.ArchiveMemberInvalid(archivePath, member, "it is JSON, but not an array"),
            };
        }
        catch (JsonException exception)
        {
            throw ArchiveFailure.ArchiveMemberInvalid(archivePath, member, $"it is not JSON: {exception.Message}", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw ArchiveFailure.ArchiveMemberInvalid(archivePath, member, "a path in it is not a UTF-8 string", exception);
        }
    }
}
