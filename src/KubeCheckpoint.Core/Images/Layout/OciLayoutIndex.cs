using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Layout;

/// <summary>The <c>index.json</c> and <c>oci-layout</c> of an image layout (image spec, image-layout.md).</summary>
internal static class OciLayoutIndex
{
    public const string FileName = "index.json";
    public const string MarkerName = "oci-layout";
    public const string Version = "1.0.0";
    public const string RefName = "org.opencontainers.image.ref.name";
    private const int LargestFile = 16 * 1024 * 1024;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static byte[] Marker { get; } = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["imageLayoutVersion"] = Version });

    /// <summary>The index with one more image, which replaces an entry of the same name. All other entries stay as they are.</summary>
    public static byte[] Add(JsonObject index, string name, RestoreImageContent content)
    {
        var manifests = (JsonArray)index["manifests"]!;
        foreach (var old in manifests.Where(entry => NameOf(entry) == name).ToList())
            manifests.Remove(old);
        manifests.Add(new JsonObject
        {
            ["mediaType"] = OciMediaTypes.Manifest,
            ["digest"] = content.Manifest.Descriptor.Digest.ToString(),
            ["size"] = content.Manifest.Descriptor.Size,
            ["platform"] = new JsonObject { ["architecture"] = content.Architecture, ["os"] = "linux" },
            ["annotations"] = new JsonObject { [RefName] = name },
        });
        return JsonSerializer.SerializeToUtf8Bytes(index, Indented);
    }

    public static JsonObject Empty() => new()
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = OciMediaTypes.Index,
        ["manifests"] = new JsonArray(),
    };

    public static JsonObject Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return Empty();
        return Parse(folder, path) is { } index && index["manifests"] is JsonArray
            ? index
            : throw LayoutFailure.LayoutInvalid(folder, "its index.json has no list of manifests");
    }

    public static void ThrowIfNotLayout(string folder)
    {
        var marker = Path.Combine(folder, MarkerName);
        if (!File.Exists(marker))
            throw LayoutFailure.LayoutInvalid(folder, "it has index.json or blobs, but no oci-layout");
        var version = Parse(folder, marker)?["imageLayoutVersion"]?.ToString();
        if (version != Version)
            throw LayoutFailure.LayoutInvalid(folder, $"its version is '{version}'");
    }

    private static string? NameOf(JsonNode? entry) => ((entry as JsonObject)?["annotations"] as JsonObject)?[RefName]?.ToString();

    private static JsonObject? Parse(string folder, string path)
    {
        try
        {
            using var file = new FileStream(RegularFile.Open(folder, Path.GetFileName(path)), FileAccess.Read, bufferSize: 0);
            if (file.Length > LargestFile)
                return null;
            var content = new byte[file.Length];
            file.ReadExactly(content);
            return StrictJson.ParseNode(content) as JsonObject;
        }
        catch (JsonException exception)
        {
            throw LayoutFailure.LayoutInvalid(folder, $"{Path.GetFileName(path)} is not JSON", exception);
        }
        catch (IOException exception)
        {
            throw LayoutFailure.LayoutInvalid(folder, $"{Path.GetFileName(path)} is a link, or no file that can be read", exception);
        }
    }
}
