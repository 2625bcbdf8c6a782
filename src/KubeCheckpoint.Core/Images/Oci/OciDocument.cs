using System.Net.Http.Headers;
using System.Text.Json;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Oci;

/// <summary>
/// A manifest or index from any tool: OCI's or Docker's, which have the same structure. It is checked against the specification and
/// against limits, since it is not trusted.
/// </summary>
/// <param name="MediaType">Its own media type, otherwise that by which it was found; empty where neither is known.</param>
/// <param name="Config">The image's config; null for an index.</param>
/// <param name="Layers">The layers, lowest first; empty for an index.</param>
/// <param name="Manifests">The manifests; empty for a manifest.</param>
/// <param name="Annotations">The document's annotations.</param>
internal sealed record OciDocument(
    string MediaType,
    OciDescriptor? Config,
    IReadOnlyList<OciDescriptor> Layers,
    IReadOnlyList<OciIndexEntry> Manifests,
    IReadOnlyDictionary<string, string> Annotations)
{
    /// <summary>The largest manifest or index that is read: 4 MiB, the least that registries must accept (distribution spec).</summary>
    public const int LargestDocument = 4 * 1024 * 1024;

    private const int MostEntries = 1000;

    // 1 PiB: the sum of a thousand still fits a long.
    private const long LargestSize = 1L << 50;

    public bool IsIndex => Config is null;

    /// <summary>Parses a document.</summary>
    /// <param name="place">Its name in messages.</param>
    /// <param name="json">Its bytes.</param>
    /// <param name="mediaType">The media type by which it was found, or null.</param>
    /// <exception cref="KubeCheckpointException">ImageDocumentInvalid.</exception>
    public static OciDocument Parse(string place, ReadOnlyMemory<byte> json, string? mediaType) => StrictJson.Read(
        json, root => Read(place, root, mediaType), exception => ImageFailure.ImageDocumentInvalid(place, exception.Message, exception));

    private static OciDocument Read(string place, JsonElement root, string? mediaType)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("schemaVersion", out var version) || version.GetInt32() != 2)
            throw ImageFailure.ImageDocumentInvalid(place, "it is not an object of schemaVersion 2");
        var stated = Text(root, "mediaType");
        if (stated is not null && mediaType is not null && stated != mediaType && OciMediaTypes.IsImage(mediaType))
            throw ImageFailure.ImageDocumentInvalid(place, $"its media type is '{stated}', but it was found as '{mediaType}'");
        var type = stated ?? mediaType ?? "";
        if (type.Length > 0 && !MediaTypeHeaderValue.TryParse(type, out _))
            throw ImageFailure.ImageDocumentInvalid(place, "its media type has characters that one cannot have");
        var isManifest = root.TryGetProperty("config", out var config);
        if (isManifest == root.TryGetProperty("manifests", out _))
            throw ImageFailure.ImageDocumentInvalid(place, "it is neither a manifest nor an index");
        return new OciDocument(
            type,
            isManifest ? Descriptor(place, config) : null,
            [.. List(place, root, "layers").Select(layer => Descriptor(place, layer))],
            [.. List(place, root, "manifests").Select(entry => Entry(place, entry))],
            AnnotationsOf(root));
    }

    private static OciIndexEntry Entry(string place, JsonElement entry)
    {
        var platform = entry.TryGetProperty("platform", out var value) && value.ValueKind == JsonValueKind.Object ? value : default;
        var isThere = platform.ValueKind == JsonValueKind.Object;
        return new OciIndexEntry(
            Descriptor(place, entry), isThere ? Text(platform, "os") : null, isThere ? Text(platform, "architecture") : null, AnnotationsOf(entry));
    }

    private static OciDescriptor Descriptor(string place, JsonElement element)
    {
        var text = Text(element, "digest");
        if (!Digest.TryParse(text, out var digest))
            throw ImageFailure.ImageDocumentInvalid(place, $"'{text}' is not a digest");
        var size = element.GetProperty("size").GetInt64();
        return size is >= 0 and <= LargestSize
            ? new OciDescriptor(Text(element, "mediaType") ?? "", digest, size)
            : throw ImageFailure.ImageDocumentInvalid(place, $"{digest} has an impossible size: {size}");
    }

    private static JsonElement[] List(string place, JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var list) || list.ValueKind == JsonValueKind.Null)
            return [];
        return list.GetArrayLength() <= MostEntries
            ? [.. list.EnumerateArray()]
            : throw ImageFailure.ImageDocumentInvalid(place, $"it has more than {MostEntries} {name}");
    }

    private static SortedDictionary<string, string> AnnotationsOf(JsonElement element)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (element.TryGetProperty("annotations", out var map) && map.ValueKind != JsonValueKind.Null)
        {
            foreach (var pair in map.EnumerateObject())
                annotations[pair.Name] = pair.Value.GetString() ?? "";
        }
        return annotations;
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;
}
