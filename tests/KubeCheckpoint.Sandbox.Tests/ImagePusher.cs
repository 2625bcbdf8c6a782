using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>Pushes an archive as a layer of an image, and other layers over it, as a client would.</summary>
internal static class ImagePusher
{
    public const string CriO = "io.kubernetes.cri-o.annotations.checkpoint.name";
    public const string Containerd = "org.criu.checkpoint.container.name";

    public static async Task<string> PushAsync(
        SandboxCluster cluster,
        string name,
        string archive,
        string[] annotations,
        string mediaType = "application/vnd.oci.image.manifest.v1+json",
        string architecture = "amd64",
        byte[]? overlay = null)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://{cluster.RegistryAddress}") };
        var layer = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "fixtures", "archives", archive));
        byte[][] layers = overlay is null ? [layer] : [layer, overlay];
        var config = Encoding.UTF8.GetBytes(
            $$"""{"architecture":"{{architecture}}","os":"linux","rootfs":{"type":"layers","diff_ids":["{{Digest(layer)}}"]},"config":{} }""");
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = mediaType,
            ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", config),
            ["layers"] = new JsonArray([.. layers.Select(blob => Descriptor(LayerType(blob), blob))]),
            ["annotations"] = new JsonObject(annotations.Select(key => KeyValuePair.Create<string, JsonNode?>(key, "x"))),
        };
        foreach (var blob in layers)
            await BlobAsync(client, name, blob);
        await BlobAsync(client, name, config);
        using var content = new StringContent(manifest.ToJsonString());
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        using var response = await client.PutAsync(new Uri($"/v2/{name}/manifests/1", UriKind.Relative), content);
        Assert.Equal(201, (int)response.StatusCode);
        return $"{cluster.RegistryAddress}/{name}:1";
    }

    public static string Digest(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    public static async Task BlobAsync(HttpClient client, string name, byte[] blob)
    {
        using var begun = await client.PostAsync(new Uri($"/v2/{name}/blobs/uploads/", UriKind.Relative), null);
        Assert.Equal(202, (int)begun.StatusCode);
        var location = begun.Headers.Location!.ToString();
        var separator = location.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        using var put = await client.PutAsync(
            new Uri($"{location}{separator}digest={Digest(blob)}", UriKind.RelativeOrAbsolute), new ByteArrayContent(blob));
        Assert.Equal(201, (int)put.StatusCode);
    }

    private static string LayerType(byte[] blob) =>
        "application/vnd.oci.image.layer.v1.tar" + (blob is [0x28, 0xb5, 0x2f, 0xfd, ..] ? "+zstd" : blob is [0x1f, 0x8b, ..] ? "+gzip" : "");

    private static JsonObject Descriptor(string mediaType, byte[] content) =>
        new() { ["mediaType"] = mediaType, ["digest"] = Digest(content), ["size"] = content.Length };
}
