using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Reads from one repository (distribution spec 1.1, "Pull" and "Content Discovery"). Content that it returns whole is verified.</summary>
internal sealed partial class RegistryPull(RegistryClient registry)
{
    private const int TagsOfPage = 1000;
    private const int MostPages = 1000;
    private const int LongestLink = 4096;

    /// <summary>The manifest or index with a tag or digest, and its media type by the registry; null where there is none.</summary>
    /// <param name="reference">A tag or a digest.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task<(byte[] Bytes, string? MediaType)?> FindManifestAsync(string reference, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Get, registry.At($"manifests/{reference}"))
        {
            Accept = OciMediaTypes.Images,
            LargestBody = OciDocument.LargestDocument,
        };
        var response = await registry.SendWithRetryAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.NotFound)
            return null;
        if (response.Status != HttpStatusCode.OK)
            throw registry.Refusal(response, $"return the manifest of '{reference}'");
        var place = $"{registry.Image.Registry}/{registry.Image.Repository}";
        if (response.IsTruncated)
            throw ImageFailure.ImageDocumentInvalid($"{place}:{reference}", $"it is larger than {OciDocument.LargestDocument} bytes");
        // The registry's own header counts where the reference is a tag; a digest in a form that is not known here cannot be verified.
        if (Digest.TryParse(reference, out var expected) || Digest.TryParse(response.ContentDigest, out expected))
            BlobCheck.Verify(place, expected, response.Body);
        return (response.Body, response.MediaType);
    }

    /// <summary>The digest of the manifest or index that a tag or digest leads to now, or null where there is none.</summary>
    public async Task<string?> FindDigestAsync(string reference, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Head, registry.At($"manifests/{reference}")) { Accept = OciMediaTypes.Images };
        var response = await registry.SendWithRetryAsync(request, cancellationToken).ConfigureAwait(false);
        return response.Status switch
        {
            HttpStatusCode.OK => response.ContentDigest,
            HttpStatusCode.NotFound => null,
            _ => throw registry.Refusal(response, $"return the manifest of '{reference}'"),
        };
    }

    /// <summary>The content of a small blob.</summary>
    public async Task<byte[]> ReadBlobAsync(OciDescriptor blob, int limit, CancellationToken cancellationToken)
    {
        var place = $"{registry.Image.Registry}/{registry.Image.Repository}";
        if (blob.Size > limit)
            throw ImageFailure.ImageDocumentInvalid($"{place}@{blob.Digest}", $"it is larger than {limit} bytes");
        var request = new RegistryRequest(HttpMethod.Get, registry.At($"blobs/{blob.Digest}")) { LargestBody = limit };
        var response = await registry.SendWithRetryAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.NotFound)
            throw ImageFailure.ImageBlobMissing(place, blob.Digest);
        if (response.Status != HttpStatusCode.OK)
            throw registry.Refusal(response, $"return the blob {blob.Digest}");
        BlobCheck.Verify(place, blob.Digest, response.Body);
        return response.Body;
    }

    /// <summary>Opens a blob for reading from its beginning; its content is not verified.</summary>
    public IByteSource OpenBlob(OciDescriptor blob, CancellationToken cancellationToken) => new RegistryByteSource(registry, blob, cancellationToken);

    /// <summary>All tags, page by page.</summary>
    /// <exception cref="KubeCheckpointException">RestoreImageNotFound: the repository does not exist.</exception>
    public async IAsyncEnumerable<string> ListTagsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = new HashSet<Uri>();
        for (var page = registry.At($"tags/list?n={TagsOfPage}"); page is not null;)
        {
            if (!seen.Add(page) || seen.Count > MostPages)
                throw RegistryFailure.RegistryProtocolViolation(registry.Image.Registry, "its list of tags does not end");
            var request = new RegistryRequest(HttpMethod.Get, page) { LargestBody = OciDocument.LargestDocument };
            var response = await registry.SendWithRetryAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.Status == HttpStatusCode.NotFound)
                throw ImageFailure.RestoreImageNotFound(registry.Image.Registry, registry.Image.Repository);
            if (response.Status != HttpStatusCode.OK)
                throw registry.Refusal(response, "list the tags");
            foreach (var tag in Tags(response))
                yield return tag;
            page = Next(response);
        }
    }

    private List<string> Tags(RegistryResponse response)
    {
        return StrictJson.Read<List<string>>(
            response.Body,
            // Null in a repository whose tags were all deleted.
            root => root.TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Array
                ? [.. tags.EnumerateArray().Select(tag => tag.GetString()).OfType<string>().Where(ImageReference.IsTag)]
                : [],
            exception => RegistryFailure.RegistryProtocolViolation(
                registry.Image.Registry, "its list of tags is not the JSON of the specification", exception));
    }

    private Uri? Next(RegistryResponse response)
    {
        if (response.Header("Link") is not { Length: <= LongestLink } link || NextLink().Match(link) is not { Success: true } match)
            return null;
        if (!Uri.TryCreate(match.Groups[1].Value, UriKind.RelativeOrAbsolute, out var location))
            throw RegistryFailure.RegistryProtocolViolation(registry.Image.Registry, "the next page of its list of tags has no URL");
        var next = registry.Resolve(response.Uri, location);
        return registry.IsOwn(next)
            ? next
            : throw RegistryFailure.RegistryProtocolViolation(registry.Image.Registry, $"the next page of its list of tags is on '{next.Host}'");
    }

    [GeneratedRegex("<([^>]+)>\\s*;[^,]*rel\\s*=\\s*\"?next\"?", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex NextLink();
}
