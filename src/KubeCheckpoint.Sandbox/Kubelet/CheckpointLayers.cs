using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using SharpCompress.Common;
using ZstdStream = SharpCompress.Compressors.ZStandard.DecompressionStream;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Applies the layers of an image in order, and keeps what a restore reads of them.</summary>
internal sealed class CheckpointLayers
{
    private const int LargestMember = 8 * 1024 * 1024;
    private const string Whiteout = ".wh.";

    private static readonly string[] Documents = ["config.dump", "spec.dump", "status.dump"];

    private static readonly string[] Changes = ["rootfs-diff.tar", "deleted.files"];

    private readonly Dictionary<string, byte[]> _members = [];

    /// <summary>The JSON documents by name.</summary>
    public Dictionary<string, JsonObject> ToDocuments()
    {
        var documents = new Dictionary<string, JsonObject>();
        foreach (var name in Documents)
        {
            try
            {
                if (_members.TryGetValue(name, out var content) && JsonNode.Parse(content) is JsonObject json)
                    documents.Add(name, json);
            }
            catch (JsonException)
            {
                // Treated as missing.
            }
        }
        return documents;
    }

    /// <summary>What the runtime unpacks into the container, and what it deletes there, by name.</summary>
    public Dictionary<string, byte[]> ToChanges() => _members.Where(member => Changes.Contains(member.Key)).ToDictionary();

    /// <summary>What CRIU will compare with the node and require of the pod.</summary>
    public CheckpointDemands ToDemands() => CheckpointDemands.Of(
        _members.Where(member => member.Key == "checkpoint/files.img").Select(member => member.Value),
        _members.Where(member => member.Key.StartsWith("checkpoint/mountpoints-", StringComparison.Ordinal)).Select(member => member.Value));

    /// <summary>Applies a layer.</summary>
    public async Task AddAsync(Stream content, string mediaType, CancellationToken cancellationToken)
    {
        try
        {
            await using var plain = Decompress(content, mediaType);
            await using var tar = new TarReader(plain);
            while (await tar.GetNextEntryAsync(cancellationToken: cancellationToken) is { } entry)
                await AddAsync(entry, cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or SharpCompressException)
        {
            // A layer that is not a checkpoint lacks documents, which the restore reports.
        }
    }

    private async Task AddAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        var file = name.LastIndexOf('/') + 1;
        if (name.AsSpan(file).StartsWith(Whiteout))
        {
            _members.Remove(name[..file] + name[(file + Whiteout.Length)..]);
        }
        else if (IsRead(name) && entry.DataStream is { } data && entry.Length <= LargestMember)
        {
            using var copy = new MemoryStream();
            await data.CopyToAsync(copy, cancellationToken);
            _members[name] = copy.ToArray();
        }
    }

    private static bool IsRead(string name) =>
        Documents.Contains(name) || Changes.Contains(name)
        || name == "checkpoint/files.img" || name.StartsWith("checkpoint/mountpoints-", StringComparison.Ordinal);

    private static Stream Decompress(Stream content, string mediaType) => mediaType switch
    {
        _ when mediaType.EndsWith("gzip", StringComparison.Ordinal) => new GZipStream(content, CompressionMode.Decompress),
        _ when mediaType.EndsWith("zstd", StringComparison.Ordinal) => new ZstdStream(content),
        _ => content,
    };
}
