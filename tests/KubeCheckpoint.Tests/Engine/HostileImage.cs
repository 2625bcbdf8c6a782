using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>A restore image with false annotations and labels, in an OCI layout. Its digests are correct, as they would be after any push.</summary>
internal sealed class HostileImage
{
    public string Name { get; init; } = "hostile";

    public Dictionary<string, string> Annotations { get; } = [];

    public Dictionary<string, string> Labels { get; } = [];

    /// <summary>Creates an image from an archive, and changes it.</summary>
    public void Write(ClusterSession session, string archive, string layout)
    {
        Assert.Empty(session.Run("New-RestoreImage $args[0] -Reference r.local/a:hostile -Destination $args[1]", archive, layout).Errors);
        var indexPath = Path.Combine(layout, "index.json");
        var index = JsonNode.Parse(File.ReadAllText(indexPath))!;
        var entry = index["manifests"]!.AsArray().Last()!;
        var manifest = Read(layout, entry);
        var config = Read(layout, manifest["config"]!);
        Merge(config["config"]!.AsObject(), "Labels", Labels);
        Merge(manifest.AsObject(), "annotations", Annotations);
        Store(layout, config, manifest["config"]!);
        Store(layout, manifest, entry);
        Merge(entry.AsObject(), "annotations", new() { ["org.opencontainers.image.ref.name"] = Name });
        entry["annotations"]!.AsObject().Remove("io.containerd.image.name");
        File.WriteAllText(indexPath, index.ToJsonString());
    }

    private static void Merge(JsonObject owner, string field, Dictionary<string, string> values)
    {
        owner[field] ??= new JsonObject();
        foreach (var (key, value) in values)
            owner[field]![key] = value;
    }

    private static JsonNode Read(string layout, JsonNode descriptor) => JsonNode.Parse(File.ReadAllText(PathOf(layout, (string)descriptor["digest"]!)))!;

    private static void Store(string layout, JsonNode document, JsonNode descriptor)
    {
        var bytes = Encoding.UTF8.GetBytes(document.ToJsonString());
        descriptor["digest"] = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        descriptor["size"] = bytes.Length;
        File.WriteAllBytes(PathOf(layout, (string)descriptor["digest"]!), bytes);
    }

    private static string PathOf(string layout, string digest) => Path.Combine(layout, "blobs", digest.Replace(':', Path.DirectorySeparatorChar));
}
