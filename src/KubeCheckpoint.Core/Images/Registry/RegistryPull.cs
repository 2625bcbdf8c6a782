using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Reads from one repository (distribution spec 1.1, "Pull" and "Content Discovery"). What it hands out has the digest it should have.</summary>
internal sealed partial class RegistryPull(RegistryClient registry)
{
    private const int TagsOfPage = 1000;
    private const int MostPages = 1000;

    /// <summary>A manifest or index with what the registry says it is, or null where there is none under that tag or digest.</summary>
    /// <param name="reference">A tag or a digest.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<(byte[] Bytes, string? MediaType)?> FindManifestAsync(string reference, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Get, registry.At($"manifests/{reference}")) { Accept = OciMediaTypes.Images, LargestBody = OciDocument.LargestDocument };
        var answer = await registry.AskFirmlyAsync(request, cancellationToken).ConfigureAwait(false);
        if (answer.Status == HttpStatusCode.NotFound)
            return null;
        if (answer.Status != HttpStatusCode.OK)
            throw registry.Refusal(answer, $"give the manifest of '{reference}'");
        var place = $"{registry.Image.Registry}/{registry.Image.Repository}";
        if (answer.IsCut)
            throw ImageFailure.ImageDocumentInvalid($"{place}:{reference}", $"it is larger than {OciDocument.LargestDocument} bytes");
        var expected = Digest.TryParse(reference, out _) ? reference : answer.ContentDigest;
        // A digest of another algorithm than ours can only be believed where it is not what was asked for.
        if (expected is not null && (expected == reference || expected.StartsWith("sha256:", StringComparison.Ordinal)))
            BlobCheck.Check(place, expected, answer.Body);
        return (answer.Body, answer.MediaType);
    }

    /// <summary>The digest of the manifest or index that a tag or digest leads to now, or null where there is none.</summary>
    public async Task<string?> FindDigestAsync(string reference, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Head, registry.At($"manifests/{reference}")) { Accept = OciMediaTypes.Images };
        var answer = await registry.AskFirmlyAsync(request, cancellationToken).ConfigureAwait(false);
        return answer.Status switch
        {
            HttpStatusCode.OK => answer.ContentDigest,
            HttpStatusCode.NotFound => null,
            _ => throw registry.Refusal(answer, $"show the manifest of '{reference}'"),
        };
    }

    /// <summary>A small blob, whole.</summary>
    public async Task<byte[]> ReadBlobAsync(OciDescriptor blob, int limit, CancellationToken cancellationToken)
    {
        var place = $"{registry.Image.Registry}/{registry.Image.Repository}";
        if (blob.Size > limit)
            throw ImageFailure.ImageDocumentInvalid($"{place}@{blob.Digest}", $"it is larger than {limit} bytes");
        var request = new RegistryRequest(HttpMethod.Get, registry.At($"blobs/{blob.Digest}")) { LargestBody = limit };
        var answer = await registry.AskFirmlyAsync(request, cancellationToken).ConfigureAwait(false);
        if (answer.Status == HttpStatusCode.NotFound)
            throw ImageFailure.ImageBlobMissing(place, blob.Digest);
        if (answer.Status != HttpStatusCode.OK)
            throw registry.Refusal(answer, $"give the blob {blob.Digest}");
        BlobCheck.Check(place, blob.Digest, answer.Body);
        return answer.Body;
    }

    /// <summary>A blob to be read from its front; not verified.</summary>
    public IByteSource OpenBlob(OciDescriptor blob, CancellationToken cancellationToken) => new RegistryByteSource(registry, blob, cancellationToken);

    /// <summary>All tags, page by page.</summary>
    /// <exception cref="KubeCheckpointException">RestoreImageNotFound: there is no such repository.</exception>
    public async IAsyncEnumerable<string> ListTagsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = new HashSet<Uri>();
        for (var page = registry.At($"tags/list?n={TagsOfPage}"); page is not null;)
        {
            if (!seen.Add(page) || seen.Count > MostPages)
                throw ImageFailure.RegistryProtocolViolation(registry.Image.Registry, "its list of tags has no end");
            var request = new RegistryRequest(HttpMethod.Get, page) { LargestBody = OciDocument.LargestDocument };
            var answer = await registry.AskFirmlyAsync(request, cancellationToken).ConfigureAwait(false);
            if (answer.Status == HttpStatusCode.NotFound)
                throw ImageFailure.RestoreImageNotFound(registry.Image.Registry, registry.Image.Repository);
            if (answer.Status != HttpStatusCode.OK)
                throw registry.Refusal(answer, "list the tags");
            foreach (var tag in Tags(answer))
                yield return tag;
            page = Next(answer);
        }
    }

    private List<string> Tags(RegistryAnswer answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            // A repository whose tags were all deleted has null.
            return document.RootElement.TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Array
                ? [.. tags.EnumerateArray().Select(tag => tag.GetString()).OfType<string>().Where(ImageReference.IsTag)]
                : [];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw ImageFailure.RegistryProtocolViolation(registry.Image.Registry, "its list of tags is not JSON as the spec has it", exception);
        }
    }

    private Uri? Next(RegistryAnswer answer)
    {
        if (answer.Header("Link") is not { } link || NextLink().Match(link) is not { Success: true } match)
            return null;
        if (!Uri.TryCreate(match.Groups[1].Value, UriKind.RelativeOrAbsolute, out var location))
            throw ImageFailure.RegistryProtocolViolation(registry.Image.Registry, "the next page of its list of tags has no URL");
        var next = registry.Resolve(answer.Uri, location);
        return registry.IsOwn(next)
            ? next
            : throw ImageFailure.RegistryProtocolViolation(registry.Image.Registry, $"the next page of its list of tags is on '{next.Host}'");
    }

    [GeneratedRegex("<([^>]+)>\\s*;[^,]*rel\\s*=\\s*\"?next\"?", RegexOptions.IgnoreCase)]
    private static partial Regex NextLink();
}
