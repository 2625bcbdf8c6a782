using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Archives.Volumes;

/// <summary>
/// The file beside an archive that lists the volumes kept with it, as JSON. It is written last: volumes without it are incomplete. It names no
/// files: their names follow from that of the archive.
/// </summary>
internal static class VolumeIndex
{
    /// <summary>The suffix after the archive's path.</summary>
    public const string Suffix = ".volumes.json";

    private const int MostVolumes = 1000;
    private const int Sha256Digits = 64;

    /// <summary>The path of an archive's index.</summary>
    public static string PathFor(string archivePath) => archivePath + Suffix;

    /// <summary>The volumes kept with an archive; none if there is no index.</summary>
    /// <exception cref="KubeCheckpointException">VolumeIndexInvalid.</exception>
    public static async Task<IReadOnlyList<CheckpointVolume>> ReadAsync(string archivePath, CancellationToken cancellationToken)
    {
        var path = PathFor(archivePath);
        try
        {
            using var file = RegularFile.OpenStream(path);
            if (file.Length > ArchiveLimits.JsonMemberSize)
                throw VolumeIndexFailure.VolumeIndexInvalid(path, $"it is larger than {ArchiveLimits.JsonMemberSize} bytes.");
            var bytes = new byte[file.Length];
            await file.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            using var json = StrictJson.Parse(bytes);
            return Read(json.RootElement, path, archivePath);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw VolumeIndexFailure.VolumeIndexInvalid(path, exception.Message, exception);
        }
    }

    /// <summary>Writes the index, completely or not at all.</summary>
    public static void Write(string archivePath, IEnumerable<CheckpointVolume> volumes)
    {
        var json = new JsonObject { ["volumes"] = new JsonArray([.. volumes.Select(volume => (JsonNode)ToJson(volume))]) };
        WholeFile.Write(PathFor(archivePath), overwrite: true, file =>
        {
            using var writer = new Utf8JsonWriter(file, new() { Indented = true });
            json.WriteTo(writer);
        });
    }

    private static JsonObject ToJson(CheckpointVolume volume) => new()
    {
        ["name"] = volume.Name,
        ["kind"] = volume.Kind.ToString(),
        ["size"] = volume.Size,
        ["sha256"] = volume.Sha256,
        ["contentSize"] = volume.ContentSize,
        ["copiedAt"] = volume.CopiedAt.ToString("O", CultureInfo.InvariantCulture),
        ["delay"] = volume.Delay?.ToString("c", CultureInfo.InvariantCulture),
        ["requiresGnuTar"] = volume.RequiresGnuTar,
        ["remarks"] = new JsonArray([.. volume.Remarks.Select(remark => (JsonNode)remark)]),
        ["archiveSha256"] = volume.ArchiveSha256,
    };

    private static List<CheckpointVolume> Read(JsonElement root, string path, string archivePath)
    {
        var volumes = root.Items("volumes").Take(MostVolumes + 1)
            .Select(item => Read(item, archivePath) ?? throw VolumeIndexFailure.VolumeIndexInvalid(path, "a volume in it is not valid.")).ToList();
        return volumes.Count <= MostVolumes && volumes.DistinctBy(volume => volume.Path).Count() == volumes.Count
            ? volumes
            : throw VolumeIndexFailure.VolumeIndexInvalid(path, "it lists too many volumes, or one of them twice.");
    }

    private static CheckpointVolume? Read(JsonElement item, string archivePath)
    {
        if (item.Text("name") is not { } name || !VolumeFiles.IsName(name)
            || !Enum.TryParse<CheckpointVolumeKind>(item.Text("kind"), out var kind) || !Enum.IsDefined(kind)
            || Sha256(item, "sha256") is not { } hash || Sha256(item, "archiveSha256") is not { } archive
            || Long(item, "size") is not { } size || Long(item, "contentSize") is not { } content
            || item.Time("copiedAt") is not { } copiedAt)
        {
            return null;
        }

        return new()
        {
            Name = name,
            Kind = kind,
            Path = VolumeFiles.PathFor(archivePath, kind, name),
            Size = size,
            Sha256 = hash,
            ContentSize = content,
            CopiedAt = copiedAt,
            Delay = TimeSpan.TryParseExact(item.Text("delay"), "c", CultureInfo.InvariantCulture, out var delay) ? delay : null,
            RequiresGnuTar = item.IsTrue("requiresGnuTar"),
            Remarks = [.. item.Items("remarks").Select(remark => remark.Text()).OfType<string>()],
            ArchiveSha256 = archive,
        };
    }

    private static string? Sha256(JsonElement item, string name) =>
        item.Text(name) is { Length: Sha256Digits } text && text.All(char.IsAsciiHexDigitLower) ? text : null;

    private static long? Long(JsonElement item, string name) =>
        item.At(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) && number >= 0 ? number : null;
}
