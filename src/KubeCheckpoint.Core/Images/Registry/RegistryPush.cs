using System.Net;
using System.Net.Http.Headers;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Pushes to one repository (distribution spec 1.1, "Push"). Blobs that it has are not sent; those of another repository are mounted.</summary>
internal sealed class RegistryPush(RegistryClient registry, string? mountFrom)
{
    /// <summary>Sends a blob with a known digest, unless the registry has it or can mount it from another repository.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="digest">Their digest.</param>
    /// <param name="verify">
    /// Throws where the bytes have another digest; null where they are verified already. It runs while they are sent: the upload is closed
    /// only after it.
    /// </param>
    /// <param name="meter">Counts the bytes sent.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task PushAsync(
        IByteSource source, Digest digest, Func<CancellationToken, Task>? verify, TransferMeter meter, CancellationToken cancellationToken)
    {
        var (isThere, begun) = await FindOrMountAsync(digest, source.Length, cancellationToken).ConfigureAwait(false);
        if (isThere)
            return;
        var upload = new BlobUpload(registry, source, meter);
        await upload.BeginAsync(begun, cancellationToken).ConfigureAwait(false);
        await UploadAsync(upload, VerifiedAsync, checksMeanwhile: false, cancellationToken).ConfigureAwait(false);

        async Task<Digest> VerifiedAsync(CancellationToken ending)
        {
            if (verify is not null)
                await verify(ending).ConfigureAwait(false);
            return digest;
        }
    }

    /// <summary>
    /// Sends a blob while it is hashed. Hashing may finish first: if the registry then turns out to have the blob, the upload is
    /// abandoned.
    /// </summary>
    /// <param name="source">The bytes.</param>
    /// <param name="hash">Hashes them.</param>
    /// <param name="meter">Counts the bytes sent.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task PushWhileHashingAsync(
        IByteSource source, Func<CancellationToken, Task<Digest>> hash, TransferMeter meter, CancellationToken cancellationToken)
    {
        var upload = new BlobUpload(registry, source, meter);
        await upload.BeginAsync(null, cancellationToken).ConfigureAwait(false);
        await UploadAsync(upload, hash, checksMeanwhile: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the manifest under a tag.</summary>
    public async Task PushManifestAsync(OciBlob manifest, string tag, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Put, registry.At($"manifests/{tag}")) { Content = _ => Body(manifest) };
        var response = await registry.SendWithRetryAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.Status is not (HttpStatusCode.Created or HttpStatusCode.OK or HttpStatusCode.NoContent))
            throw registry.Refusal(response, "accept the manifest", manifest.Descriptor.Digest);
        registry.CheckDigest(response, manifest.Descriptor.Digest);
    }

    private async Task UploadAsync(BlobUpload upload, Func<CancellationToken, Task<Digest>> hash, bool checksMeanwhile, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var hashing = hash(ending.Token);
        var sending = upload.SendAsync(hashing, ending.Token);
        var isWanted = true;
        try
        {
            if (await Task.WhenAny(sending, hashing).ConfigureAwait(false) == hashing)
            {
                var digest = await hashing.ConfigureAwait(false);
                isWanted = !checksMeanwhile || sending.IsCompleted
                    || !await IsThereAfterAllAsync(digest, upload.Length, cancellationToken).ConfigureAwait(false);
            }
            if (isWanted)
                await sending.ConfigureAwait(false);
            BlobPlaces.Remember(registry.Image, await hashing.ConfigureAwait(false));
        }
        finally
        {
            // Both read a file that is about to be closed, and an upload that failed is not left in the registry.
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(sending, hashing)
                .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
                .ConfigureAwait(false);
            await upload.AbandonAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> IsThereAfterAllAsync(Digest digest, long size, CancellationToken cancellationToken)
    {
        try
        {
            return await IsThereAsync(digest, size, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or KubeCheckpointException)
        {
            // The upload continues; if something is wrong it will fail there.
            return false;
        }
    }

    private async Task<(bool IsThere, RegistryResponse? Begun)> FindOrMountAsync(
        Digest digest, long size, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(digest, size, cancellationToken).ConfigureAwait(false))
            return (true, null);
        foreach (var from in RepositoriesWith(digest))
        {
            var response = await MountAsync(digest, from, cancellationToken).ConfigureAwait(false);
            if (response?.Status == HttpStatusCode.Created && (response.ContentDigest ?? digest.ToString()) == digest.ToString())
            {
                BlobPlaces.Remember(registry.Image, digest);
                return (true, null);
            }
            BlobPlaces.Forget(registry.Image.Registry, from, digest);
            if (response is { Status: HttpStatusCode.Accepted, Headers.Location: not null })
                return (false, response);
        }
        return (false, null);
    }

    private IEnumerable<string> RepositoriesWith(Digest digest)
    {
        // The registry's name may be given or left out.
        var prefix = registry.Image.Registry + "/";
        var from = mountFrom?.StartsWith(prefix, StringComparison.Ordinal) == true ? mountFrom[prefix.Length..] : mountFrom;
        IEnumerable<string> named = from is null || from == registry.Image.Repository ? [] : [from];
        return named.Concat(BlobPlaces.Others(registry.Image, digest)).Distinct();
    }

    private async Task<bool> IsThereAsync(Digest digest, long size, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Head, registry.At($"blobs/{digest}"));
        var response = await registry.SendWithRetryAsync(request, cancellationToken).ConfigureAwait(false);
        // The response to a HEAD has no message; the next request fails with one.
        if (!response.HasBlob(size))
            return false;
        registry.CheckDigest(response, digest);
        BlobPlaces.Remember(registry.Image, digest);
        return true;
    }

    // Null: the registry does not mount blobs, or not for this user. The blob is sent instead.
    private async Task<RegistryResponse?> MountAsync(Digest digest, string from, CancellationToken cancellationToken)
    {
        var query = $"?mount={Uri.EscapeDataString(digest.ToString())}&from={Uri.EscapeDataString(from)}";
        var request = new RegistryRequest(HttpMethod.Post, registry.At("blobs/uploads/" + query))
        {
            Content = _ => new ByteArrayContent([]),
            Scope = RegistryScope.Mount(registry.Image.Repository, from),
        };
        try
        {
            return await registry.SendWithRefusalRetryAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or KubeCheckpointException)
        {
            return null;
        }
    }

    private static ByteArrayContent Body(OciBlob manifest)
    {
        var body = new ByteArrayContent(manifest.Content);
        body.Headers.ContentType = MediaTypeHeaderValue.Parse(manifest.Descriptor.MediaType);
        return body;
    }
}
