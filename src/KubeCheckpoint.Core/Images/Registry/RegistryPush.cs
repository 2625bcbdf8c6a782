using System.Net;
using System.Net.Http.Headers;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Pushes to one repository (distribution spec 1.1, "Push"): blobs it has already are not sent, those of a neighbour are mounted.</summary>
internal sealed class RegistryPush(RegistryClient registry, string? mountFrom)
{
    /// <summary>Sends a small blob, unless the registry has it or can take it from another repository.</summary>
    public async Task PushAsync(OciDescriptor blob, byte[] content, CancellationToken cancellationToken)
    {
        using var source = new BytesSource(registry.Image.Registry, content);
        await PushAsync(source, blob.Digest, _ => Task.FromResult(Digest.Of(content)), TransferMeter.None, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the members for another runtime, unless the registry has them.</summary>
    public Task PushAsync(OverlayLayer overlay, CancellationToken cancellationToken) =>
        PushAsync(overlay.Source, overlay.Digest.ToString(), _ => Task.FromResult(overlay.Digest), TransferMeter.None, cancellationToken);

    /// <summary>Sends a blob whose digest is known, unless the registry has it or can take it from another repository.</summary>
    /// <param name="source">Its bytes.</param>
    /// <param name="digest">Their digest.</param>
    /// <param name="hash">
    /// Hashes the bytes and throws where they have another digest. Called when they are sent: the upload is closed only when they are
    /// what they should be.
    /// </param>
    /// <param name="meter">Is told what is sent.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task PushAsync(
        IByteSource source, string digest, Func<CancellationToken, Task<Digest>> hash, TransferMeter meter, CancellationToken cancellationToken)
    {
        var (isThere, begun) = await FindOrMountAsync(digest, cancellationToken).ConfigureAwait(false);
        if (isThere)
            return;
        var upload = new BlobUpload(registry, source, meter);
        await upload.BeginAsync(begun, cancellationToken).ConfigureAwait(false);
        await UploadAsync(upload, hash, asksMeanwhile: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Sends a blob while it is hashed. The hash may run ahead: should it end first and the registry turn out to have the blob, the
    /// upload is given up.
    /// </summary>
    /// <param name="source">Its bytes.</param>
    /// <param name="hash">Hashes them.</param>
    /// <param name="meter">Is told what is sent.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task PushWhileHashingAsync(
        IByteSource source, Func<CancellationToken, Task<Digest>> hash, TransferMeter meter, CancellationToken cancellationToken)
    {
        var upload = new BlobUpload(registry, source, meter);
        await upload.BeginAsync(null, cancellationToken).ConfigureAwait(false);
        await UploadAsync(upload, hash, asksMeanwhile: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the repository has a blob, or has it now since another one had it.</summary>
    public async Task<bool> HasAsync(string digest, CancellationToken cancellationToken) =>
        (await FindOrMountAsync(digest, cancellationToken).ConfigureAwait(false)).IsThere;

    /// <summary>Sends the manifest under a tag.</summary>
    public async Task PushManifestAsync(OciDescriptor manifest, byte[] content, string tag, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Put, registry.At($"manifests/{tag}")) { Content = _ => Body(content, manifest.MediaType) };
        var answer = await registry.AskFirmlyAsync(request, cancellationToken).ConfigureAwait(false);
        if (answer.Status != HttpStatusCode.Created)
            throw registry.Refusal(answer, "take the manifest", manifest.Digest);
        registry.CheckDigest(answer, manifest);
    }

    private async Task UploadAsync(BlobUpload upload, Func<CancellationToken, Task<Digest>> hash, bool asksMeanwhile, CancellationToken cancellationToken)
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
                isWanted = !(asksMeanwhile && !sending.IsCompleted && await IsThereAfterAllAsync(digest.ToString(), cancellationToken).ConfigureAwait(false));
            }
            if (isWanted)
                await sending.ConfigureAwait(false);
            BlobPlaces.Remember(registry.Image, (await hashing.ConfigureAwait(false)).ToString());
        }
        finally
        {
            // Both read a file that is about to be closed; and what the registry has of an upload that came to nothing is not left there.
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(sending, hashing).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            await upload.AbandonAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> IsThereAfterAllAsync(string digest, CancellationToken cancellationToken)
    {
        try
        {
            return await IsThereAsync(digest, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or KubeCheckpointException)
        {
            // The upload goes on; whatever is wrong will show there.
            return false;
        }
    }

    private async Task<(bool IsThere, RegistryAnswer? Begun)> FindOrMountAsync(string digest, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(digest, cancellationToken).ConfigureAwait(false))
            return (true, null);
        foreach (var from in Neighbours(digest))
        {
            var answer = await MountAsync(digest, from, cancellationToken).ConfigureAwait(false);
            if (answer?.Status == HttpStatusCode.Created)
            {
                BlobPlaces.Remember(registry.Image, digest);
                return (true, null);
            }
            BlobPlaces.Forget(registry.Image.Registry, from, digest);
            if (answer is { Status: HttpStatusCode.Accepted, Headers.Location: not null })
                return (false, answer);
        }
        return (false, null);
    }

    private IEnumerable<string> Neighbours(string digest)
    {
        // Given with the registry's name it is meant all the same.
        var prefix = registry.Image.Registry + "/";
        var from = mountFrom?.StartsWith(prefix, StringComparison.Ordinal) == true ? mountFrom[prefix.Length..] : mountFrom;
        IEnumerable<string> named = from is null || from == registry.Image.Repository ? [] : [from];
        return named.Concat(BlobPlaces.Others(registry.Image, digest)).Distinct();
    }

    private async Task<bool> IsThereAsync(string digest, CancellationToken cancellationToken)
    {
        var answer = await registry.AskFirmlyAsync(new RegistryRequest(HttpMethod.Head, registry.At($"blobs/{digest}")), cancellationToken).ConfigureAwait(false);
        // What else a HEAD says has no words: the next request's answer has.
        if (answer.Status != HttpStatusCode.OK)
            return false;
        registry.CheckDigest(answer, new OciDescriptor("", digest, 0));
        BlobPlaces.Remember(registry.Image, digest);
        return true;
    }

    // Null: the registry does not do it, or not for this user. Then the blob is sent.
    private async Task<RegistryAnswer?> MountAsync(string digest, string from, CancellationToken cancellationToken)
    {
        var query = $"?mount={Uri.EscapeDataString(digest)}&from={Uri.EscapeDataString(from)}";
        var request = new RegistryRequest(HttpMethod.Post, registry.At("blobs/uploads/" + query))
        {
            Content = _ => new ByteArrayContent([]),
            Scope = RegistryScope.Mount(registry.Image.Repository, from),
        };
        try
        {
            return await registry.AskAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or KubeCheckpointException)
        {
            return null;
        }
    }

    private static ByteArrayContent Body(byte[] content, string mediaType)
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return body;
    }
}
