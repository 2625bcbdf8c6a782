using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Images.Conversion;

namespace KubeCheckpoint.Core.Tests.Images.Conversion;

/// <summary>An archive converted for a runtime, as that runtime sees it: the members of the archive, replaced by those of the overlay.</summary>
internal sealed class Converted : IDisposable
{
    public const string Base = "127.0.0.1:5000/base:1";
    public static readonly string BaseId = new('a', 64);

    private readonly TemporaryFolder _folder = new();
    private readonly string _archive;

    private Converted(string archive, RuntimeConversion conversion)
    {
        _archive = archive;
        Conversion = conversion;
        Overlay = conversion.Overlay is { } overlay ? ReadTar(overlay.Open()) : [];
    }

    public RuntimeConversion Conversion { get; }

    /// <summary>The overlay's files, in order.</summary>
    public List<(string Name, byte[] Content)> Overlay { get; }

    public static async Task<Converted> OfAsync(string path, CheckpointEngine target, bool withBase = true)
    {
        var archive = await CheckpointArchiveReader.ReadAsync(path, CancellationToken.None);
        return Of(archive, RequestFor(archive, target, withBase));
    }

    public static Converted Of(CheckpointArchive archive, ConversionRequest request) => new(archive.Path, RuntimeConversion.Build(request, CancellationToken.None));

    public static ConversionRequest RequestFor(CheckpointArchive archive, CheckpointEngine target, bool withBase) => new(archive, target)
    {
        // Podman's fixtures ran images of localhost; containerd 2.1 does not record the ID of the image.
        BaseImage = withBase && archive.Engine == CheckpointEngine.Podman ? Base : null,
        BaseImageId = withBase && archive.Engine == CheckpointEngine.Containerd && target == CheckpointEngine.Podman ? BaseId : null,
    };

    /// <summary>The failure of a conversion.</summary>
    public static async Task<KubeCheckpointException> RefusalAsync(string path, CheckpointEngine target, bool withBase = true) =>
        await Assert.ThrowsAsync<KubeCheckpointException>(async () =>
        {
            using var converted = await OfAsync(path, target, withBase);
        });

    public bool Has(string name) => Overlay.Exists(member => member.Name == name);

    public byte[] this[string name] => Overlay.Single(member => member.Name == name).Content;

    public JsonObject Json(string name) => (JsonObject)JsonNode.Parse(this[name])!;

    /// <summary>The entries of an image in the overlay.</summary>
    public List<CriuObject> Image(string name, string type) => Entries(new MemoryStream(this["checkpoint/" + name]), type);

    /// <summary>The entries of an image in the archive.</summary>
    public List<CriuObject> Original(string name, string type)
    {
        using var content = CheckpointContent.Open(_archive, CancellationToken.None);
        return Entries(content.OpenMember(content.RequireImage(name)), type);
    }

    /// <summary>A plain tar of what a runtime sees after unpacking both layers.</summary>
    public string Merge()
    {
        var members = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        using (var archive = ArchiveFile.Open(_archive))
        {
            archive.Scan(
                (member, data) =>
                {
                    if (member.Kind == ArchiveMemberKind.File)
                        members[member.Name] = archive.ReadAll(member, data, int.MaxValue);
                },
                CancellationToken.None);
        }
        foreach (var (name, content) in Overlay)
            members[name] = content;
        var tar = new TarBuilder();
        foreach (var (name, content) in members)
            tar.Add(name, content);
        return _folder.Write("merged.tar", tar.End());
    }

    public void Dispose()
    {
        Conversion.Dispose();
        _folder.Dispose();
    }

    /// <summary>An object as text for comparison: fields in order, bytes in hexadecimal.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        byte[] bytes => Convert.ToHexString(bytes),
        CriuObject message => "{" + string.Join(", ", message.Properties.ToArray().Select(property => $"{property.Name}: {Text(property.Value)}")) + "}",
        Array values => "[" + string.Join(", ", values.Cast<object>().Select(Text)) + "]",
        _ => FormattableString.Invariant($"{value}"),
    };

    private static List<CriuObject> Entries(Stream image, string type) =>
        [.. new CriuDocumentReader(CriuImageReader.Open(image, new CriuImageName("test"), CriuImageType.ByName[type]), CancellationToken.None).Read()];

    public static List<(string Name, byte[] Content)> ReadTar(Stream tar)
    {
        var files = new List<(string, byte[])>();
        using var reader = new TarReader(tar);
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.EntryType == TarEntryType.Directory)
                continue;
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            files.Add((entry.Name, content.ToArray()));
        }
        return files;
    }

    public static string Utf8(byte[] content) => Encoding.UTF8.GetString(content);
}
