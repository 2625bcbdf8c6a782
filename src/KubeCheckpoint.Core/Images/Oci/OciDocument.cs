using System.Text.Json;

namespace KubeCheckpoint.Images.Oci;

/// <summary>
/// A manifest or index as somebody else wrote it: OCI's or Docker's, which have the same shape. Held to the shape of the spec and to
/// limits, since it comes from anywhere.
/// </summary>
/// <param name="MediaType">What the document says it is, else what it was found as; empty where nothing says so.</param>
/// <param name="Config">The image's config; null of an index.</param>
/// <param name="Layers">The layers, lowest first; empty of an index.</param>
/// <param name="Manifests">The manifests; empty of a manifest.</param>
/// <param name="Annotations">The document's annotations.</param>
internal sealed record OciDocument(
    string MediaType,
    OciDescriptor? Config,
    IReadOnlyList<OciDescriptor> Layers,
    IReadOnlyList<OciIndexEntry> Manifests,
    IReadOnlyDictionary<string, string> Annotations)
{
    /// <summary>The largest manifest or index that is read: 4 MiB, which registries accept at least (distribution spec).</summary>
    public const int LargestDocument = 4 * 1024 * 1024;

    private const int MostEntries = 1000;

    // A PiB: a thousand of them still make a number.
    private const long LargestSize = 1L << 50;
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    public bool IsIndex => Config is null;

    /// <summary>Reads a document.</summary>
    /// <param name="place">What messages call it.</param>
    /// <param name="json">Its bytes.</param>
    /// <param name="mediaType">What it was found as, or null.</param>
    /// <exception cref="KubeCheckpointException">ImageDocumentInvalid.</exception>
    public static OciDocument Parse(string place, ReadOnlyMemory<byte> json, string? mediaType)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("schemaVersion", out var version) || version.GetInt32() != 2)
                throw ImageFailure.ImageDocumentInvalid(place, "it is no object of schemaVersion 2");
            var stated = Text(root, "mediaType");
            if (stated is not null && mediaType is not null && stated != mediaType && OciMediaTypes.IsImage(mediaType))
                throw ImageFailure.ImageDocumentInvalid(place, $"it says of itself that it is '{stated}', and comes as '{mediaType}'");
            var isManifest = root.TryGetProperty("config", out var config);
            if (isManifest == root.TryGetProperty("manifests", out _))
                throw ImageFailure.ImageDocumentInvalid(place, "it is neither a manifest nor an index");
            return new OciDocument(
                stated ?? mediaType ?? "",
                isManifest ? Descriptor(place, config) : null,
                [.. List(place, root, "layers").Select(layer => Descriptor(place, layer))],
                [.. List(place, root, "manifests").Select(entry => Entry(place, entry))],
                AnnotationsOf(root));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw ImageFailure.ImageDocumentInvalid(place, exception.Message, exception);
        }
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
        var digest = Text(element, "digest");
        if (!Digest.TryParse(digest, out _))
            throw ImageFailure.ImageDocumentInvalid(place, $"'{digest}' is no digest");
        var size = element.GetProperty("size").GetInt64();
        return size is >= 0 and <= LargestSize
            ? new OciDescriptor(Text(element, "mediaType") ?? "", digest!, size)
            : throw ImageFailure.ImageDocumentInvalid(place, $"{digest} has a size that cannot be: {size}");
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
