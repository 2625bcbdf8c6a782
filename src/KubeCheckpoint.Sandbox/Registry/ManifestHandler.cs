using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Registry;

/// <summary>Manifests by tag and digest, and lists of tags.</summary>
internal sealed class ManifestHandler(BlobStore store)
{
    private const int LargestManifest = 4 * 1024 * 1024;

    private readonly ConcurrentDictionary<(string Repository, string Tag), string> _tags = new();
    private readonly ConcurrentDictionary<(string Repository, string Digest), string> _mediaTypes = new();

    public IEnumerable<string> Repositories => _mediaTypes.Keys.Select(key => key.Repository).Distinct().Order(StringComparer.Ordinal);

    public Task HandleAsync(HttpContext http, string repository, string reference) => http.Request.Method switch
    {
        "GET" or "HEAD" => SendAsync(http, repository, reference),
        "PUT" => StoreAsync(http, repository, reference),
        "DELETE" => DeleteAsync(http, repository, reference),
        _ => RegistryError.UnsupportedAsync(http),
    };

    public async Task TagsAsync(HttpContext http, string repository)
    {
        if (!Repositories.Contains(repository))
        {
            await RegistryError.NameUnknownAsync(http, repository);
            return;
        }
        var last = http.Request.Query["last"].ToString();
        List<string> names =
        [
            .. _tags.Keys.Where(key => key.Repository == repository).Select(key => key.Tag).Order(StringComparer.Ordinal)
                .Where(tag => string.CompareOrdinal(tag, last) > 0),
        ];
        if (int.TryParse(http.Request.Query["n"], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count < names.Count)
        {
            names.RemoveRange(count, names.Count - count);
            var after = count == 0 ? last : names[^1];
            http.Response.Headers.Link = $"</v2/{repository}/tags/list?n={count}&last={after}>; rel=\"next\"";
        }
        await http.Response.WriteAsJsonAsync(
            new JsonObject { ["name"] = repository, ["tags"] = JsonText.Array(names.Select(name => (JsonNode)name)) }, http.RequestAborted);
    }

    private async Task SendAsync(HttpContext http, string repository, string reference)
    {
        var digest = BlobStore.IsDigest(reference) ? reference : _tags.GetValueOrDefault((repository, reference));
        if (digest is null || !_mediaTypes.TryGetValue((repository, digest), out var mediaType))
        {
            await RegistryError.ManifestUnknownAsync(http, reference);
            return;
        }
        await using var file = File.OpenRead(store.PathOf(digest));
        http.Response.ContentType = mediaType;
        http.Response.ContentLength = file.Length;
        http.Response.Headers["Docker-Content-Digest"] = BlobHandler.NamedDigest(http, digest);
        http.Response.Headers.ETag = $"\"{digest}\"";
        if (!HttpMethods.IsHead(http.Request.Method))
            await file.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    private async Task StoreAsync(HttpContext http, string repository, string reference)
    {
        if (await ReadAsync(http) is not { } content || Parse(content) is not { } manifest)
        {
            await RegistryError.ManifestInvalidAsync(http);
            return;
        }
        if (Missing(repository, manifest) is { } missing)
        {
            await RegistryError.ManifestBlobUnknownAsync(http, missing);
            return;
        }
        if (BlobStore.IsDigest(reference) && reference != "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content)))
        {
            await RegistryError.DigestInvalidAsync(http);
            return;
        }
        var digest = await store.AddAsync(repository, content, http.RequestAborted);
        _mediaTypes[(repository, digest)] = http.Request.ContentType ?? manifest.Text("mediaType");
        if (!BlobStore.IsDigest(reference))
            _tags[(repository, reference)] = digest;
        http.Response.StatusCode = StatusCodes.Status201Created;
        http.Response.Headers.Location = $"/v2/{repository}/manifests/{digest}";
        http.Response.Headers["Docker-Content-Digest"] = BlobHandler.NamedDigest(http, digest);
    }

    private async Task DeleteAsync(HttpContext http, string repository, string reference)
    {
        if (!BlobStore.IsDigest(reference))
        {
            var removed = _tags.TryRemove((repository, reference), out _);
            http.Response.StatusCode = removed ? StatusCodes.Status202Accepted : StatusCodes.Status404NotFound;
            return;
        }
        if (!_mediaTypes.TryRemove((repository, reference), out _))
        {
            await RegistryError.ManifestUnknownAsync(http, reference);
            return;
        }
        foreach (var key in _tags.Keys.Where(
            key => key.Repository == repository && _tags.GetValueOrDefault(key) == reference))
        {
            _tags.TryRemove(key, out _);
        }
        http.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private string? Missing(string repository, JsonObject manifest)
    {
        var blobs = manifest.Items("layers").Append(manifest["config"] as JsonObject)
            .Where(descriptor => descriptor is not null).Select(descriptor => descriptor.Text("digest"));
        var manifests = manifest.Items("manifests").Select(descriptor => descriptor.Text("digest"));
        return blobs.FirstOrDefault(digest => !store.Holds(repository, digest))
            ?? manifests.FirstOrDefault(digest => !_mediaTypes.ContainsKey((repository, digest)));
    }

    private static JsonObject? Parse(byte[] content)
    {
        try
        {
            return JsonNode.Parse(content) is JsonObject manifest && manifest.Text("schemaVersion") == "2" ? manifest : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<byte[]?> ReadAsync(HttpContext http)
    {
        using var content = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
        {
            if (content.Length + read > LargestManifest)
                return null;
            content.Write(buffer.AsSpan(0, read));
        }
        return content.ToArray();
    }
}
