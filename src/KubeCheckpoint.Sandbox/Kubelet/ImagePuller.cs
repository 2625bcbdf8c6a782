using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Pulls images from registries on loopback as a node's runtime does, and keeps what a restore reads.</summary>
internal sealed class ImagePuller : IDisposable
{
    private static readonly string[] AcceptedManifests =
    [
        PulledImage.OciManifest,
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ];

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        // A node of the sandbox trusts every registry on its own machine.
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        },
        UseProxy = false,
    });

    /// <summary>The sandbox's own registry, once it is running, and the token of the nodes.</summary>
    public (string Address, bool Tls, string Token) OwnRegistry { get; set; } = ("", false, "");

    public async Task<PulledImage> PullAsync(string image, SandboxNode node, CancellationToken cancellationToken)
    {
        var name = ImageName.Parse(image)!;
        try
        {
            return await PullAsync(name, image, node, cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.StatusCode == HttpStatusCode.NotFound)
        {
            throw new PullFailedException(PullFailureText.Unknown(name, image, node.Runtime));
        }
        catch (HttpRequestException exception)
        {
            throw new PullFailedException(PullFailureText.Unreachable(name, image, node.Runtime, exception));
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<PulledImage> PullAsync(ImageName name, string image, SandboxNode node, CancellationToken cancellationToken)
    {
        var root = $"{await SchemeAsync(name, cancellationToken)}://{name.Host}/v2/{name.Repository}";
        (var mediaType, var top) = await ManifestAsync($"{root}/manifests/{name.Reference}", cancellationToken);
        var manifest = top;
        if (top["manifests"] is JsonArray { Count: > 0 } manifests)
        {
            var chosen = manifests.OfType<JsonObject>().FirstOrDefault(entry => entry.Text("platform", "architecture") == node.Architecture)
                ?? manifests[0]!.AsObject();
            (_, manifest) = await ManifestAsync($"{root}/manifests/{chosen.Text("digest")}", cancellationToken);
        }
        var configBytes = await _client.GetByteArrayAsync(new Uri($"{root}/blobs/{manifest.Text("config", "digest")}"), cancellationToken);
        var config = (JsonObject)JsonNode.Parse(configBytes)!;
        if (node.Runtime == SandboxRuntime.Containerd && config.Text("architecture") != node.Architecture)
        {
            throw new PullFailedException(
                $"rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": no match for platform in manifest: not found");
        }
        var layers = new CheckpointLayers();
        long size = 0;
        foreach (var layer in manifest.Items("layers"))
        {
            size += layer["size"]!.GetValue<long>();
            await using var content = await _client.GetStreamAsync(new Uri($"{root}/blobs/{layer.Text("digest")}"), cancellationToken);
            await layers.AddAsync(content, layer.Text("mediaType"), cancellationToken);
        }
        return new PulledImage(mediaType, top["annotations"] as JsonObject ?? [], config, size, layers.ToDocuments(), layers.ToChanges(), layers.ToDemands());
    }

    private async Task<string> SchemeAsync(ImageName name, CancellationToken cancellationToken)
    {
        if (name.Host == OwnRegistry.Address)
        {
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", OwnRegistry.Token);
            return OwnRegistry.Tls ? "https" : "http";
        }
        try
        {
            var ping = new Uri($"https://{name.Host}/v2/");
            using var response = await _client.GetAsync(ping, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return "https";
        }
        catch (HttpRequestException)
        {
            return "http";
        }
    }

    private async Task<(string MediaType, JsonObject Manifest)> ManifestAsync(string url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        foreach (var accepted in AcceptedManifests)
            request.Headers.Accept.ParseAdd(accepted);
        using var response = await _client.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return (response.Content.Headers.ContentType?.MediaType ?? "", (JsonObject)JsonNode.Parse(bytes)!);
    }
}
