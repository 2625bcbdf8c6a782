using System.Net;
using System.Net.Http.Headers;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Pushes to one repository of a registry (OCI distribution spec 1.1, "Push").</summary>
internal sealed class RegistryClient : IDisposable
{
    private readonly ImageReference _image;
    private readonly RegistryTransport _transport;
    private readonly RetrySchedule _retries;
    private readonly RegistryAuthorizer _authorizer;
    private readonly RegistryTimings _timings;
    private Uri _base = new("about:blank");

    private RegistryClient(ImageReference image, RegistryOptions options)
    {
        _image = image;
        _timings = options.Timings;
        _transport = new RegistryTransport(image.Registry, options);
        _retries = new RetrySchedule(options.Timings);
        _authorizer = new RegistryAuthorizer(_transport, image, options, _retries);
    }

    /// <summary>Finds the registry and how it wants to be spoken to. No credentials are sent yet.</summary>
    public static async Task<RegistryClient> OpenAsync(ImageReference image, RegistryOptions options, CancellationToken cancellationToken)
    {
        var client = new RegistryClient(image, options);
        try
        {
            (client._base, var answer) = await RegistryEndpoint
                .FindAsync(client._transport, image.Registry, options, client._retries, cancellationToken).ConfigureAwait(false);
            if (answer.Status == HttpStatusCode.Unauthorized && AuthChallenge.Of(answer.Headers) is { } challenge)
                client._authorizer.Accept(challenge);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sends an archive as a blob, unless the registry has it.</summary>
    public Task PushLayerAsync(ArchiveLayer layer, TransferMeter meter, CancellationToken cancellationToken) =>
        PushBlobAsync(
            layer.Descriptor,
            guard => new ArchiveContent(() => FileByteSource.Open(layer.Path), layer.Descriptor.Size, meter, _timings, guard),
            () => layer.Stamp.ThrowIfChanged(layer.Path),
            cancellationToken);

    /// <summary>Sends a small blob, unless the registry has it.</summary>
    public Task PushBlobAsync(OciDescriptor blob, byte[] content, CancellationToken cancellationToken) =>
        PushBlobAsync(blob, _ => Body(content, "application/octet-stream"), () => { }, cancellationToken);

    /// <summary>Sends a blob of any size, unless the registry has it.</summary>
    public Task PushBlobAsync(OciDescriptor blob, IByteSource content, CancellationToken cancellationToken) => PushBlobAsync(
        blob,
        guard => new ArchiveContent(() => new KeptSource(content), blob.Size, new TransferMeter(null, "", "", blob.Size), _timings, guard),
        () => { },
        cancellationToken);

    /// <summary>Sends the manifest under the image's tag.</summary>
    public async Task PushManifestAsync(OciDescriptor manifest, byte[] content, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Put, At($"manifests/{_image.Tag}")) { Content = _ => Body(content, manifest.MediaType) };
        var answer = await RunAsync(() => SendAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (answer.Status != HttpStatusCode.Created)
            throw Refusal(answer, "take the manifest", manifest);
        CheckDigest(answer, manifest);
    }

    public void Dispose() => _transport.Dispose();

    private async Task PushBlobAsync(
        OciDescriptor blob, Func<StallGuard, HttpContent> content, Action checkSource, CancellationToken cancellationToken)
    {
        var answer = await RunAsync(() => UploadAsync(blob, content, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (answer.Status is HttpStatusCode.Created or HttpStatusCode.OK)
        {
            CheckDigest(answer, blob);
            return;
        }
        checkSource();
        throw Refusal(answer, "take a blob", blob);
    }

    // A new try begins with the question again: an upload whose answer was lost may have arrived.
    private async Task<RegistryAnswer> UploadAsync(OciDescriptor blob, Func<StallGuard, HttpContent> content, CancellationToken cancellationToken)
    {
        var known = await AskAsync(new RegistryRequest(HttpMethod.Head, At($"blobs/{blob.Digest}")), cancellationToken).ConfigureAwait(false);
        if (known.Status == HttpStatusCode.OK)
            return known;
        // What else a HEAD says has no words: the next request's answer has.
        var begun = await AskAsync(
            new RegistryRequest(HttpMethod.Post, At("blobs/uploads/")) { Content = _ => new ByteArrayContent([]) }, cancellationToken).ConfigureAwait(false);
        if (begun.Status is HttpStatusCode.OK or HttpStatusCode.Created)
            throw ImageFailure.RegistryProtocolViolation(_image.Registry, $"it answers the begin of an upload with status {(int)begun.Status}");
        if (begun.Status != HttpStatusCode.Accepted)
            throw Refusal(begun, "begin an upload", blob);
        var location = begun.Headers.Location
            ?? throw ImageFailure.RegistryProtocolViolation(_image.Registry, "it began an upload without saying where");
        var target = new UriBuilder(_transport.Resolve(begun.Uri, location));
        target.Query = (target.Query.Length > 1 ? target.Query[1..] + "&" : "") + "digest=" + Uri.EscapeDataString(blob.Digest);
        var sent = await SendAsync(
            new RegistryRequest(HttpMethod.Put, target.Uri) { Content = content, AskFirst = true }, cancellationToken).ConfigureAwait(false);
        return sent.Status is HttpStatusCode.OK or HttpStatusCode.Accepted
            ? throw ImageFailure.RegistryProtocolViolation(_image.Registry, $"it answers a whole upload with status {(int)sent.Status}")
            : sent;
    }

    // A token that ran out on the way gives one more 401, and then a new one.
    private async Task<RegistryAnswer> SendAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        for (var renewed = false; ; renewed = true)
        {
            // A Location may lead to another host, which the registry's token is none of the business of.
            var authorization = RegistryEndpoint.IsSameOrigin(request.Uri, _base)
                ? await _authorizer.GetAsync(_base, cancellationToken).ConfigureAwait(false)
                : null;
            var answer = await _transport.SendAsync(request with { Authorization = authorization }, cancellationToken).ConfigureAwait(false);
            if (renewed || answer.Status != HttpStatusCode.Unauthorized || AuthChallenge.Of(answer.Headers) is not { } challenge)
                return answer;
            _authorizer.Accept(challenge);
        }
    }

    // A request without a body worth speaking of is itself made again when refused for a passing reason; an upload is begun anew.
    private Task<RegistryAnswer> AskAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        _retries.RunAsync(() => SendAsync(request, cancellationToken), retryBroken: false, cancellationToken);

    private async Task<RegistryAnswer> RunAsync(Func<Task<RegistryAnswer>> send, CancellationToken cancellationToken)
    {
        try
        {
            return await _retries.RunAsync(send, retryBroken: true, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw _transport.CertificateFault is { } fault
                ? ImageFailure.RegistryCertificateInvalid(_image.Registry, fault, exception)
                : ImageFailure.RegistryUnreachable(_image.Registry, exception);
        }
    }

    private KubeCheckpointException Refusal(RegistryAnswer answer, string action, OciDescriptor content) => answer.Status switch
    {
        HttpStatusCode.Unauthorized => ImageFailure.RegistryUnauthorized(_image.Registry, _authorizer.CredentialSource, answer.Words),
        HttpStatusCode.Forbidden => ImageFailure.RegistryForbidden(_image.Registry, _image.Repository, answer.Words),
        _ when answer.Words?.Contains("DIGEST_INVALID", StringComparison.Ordinal) == true =>
            ImageFailure.DigestMismatch(_image.Registry, content.Digest, answer.Words),
        _ => ImageFailure.RegistryRefused(_image.Registry, action, answer.Status, answer.Words),
    };

    private void CheckDigest(RegistryAnswer answer, OciDescriptor content)
    {
        if (answer.ContentDigest is { } stored && stored != content.Digest)
            throw ImageFailure.DigestMismatch(_image.Registry, content.Digest, stored);
    }

    private Uri At(string path) => new(_base, $"v2/{_image.Repository}/{path}");

    /// <summary>Somebody else's source: whoever sends it leaves it open.</summary>
    private sealed class KeptSource(IByteSource source) : IByteSource
    {
        public string Path => source.Path;

        public long Length => source.Length;

        public int Read(Span<byte> buffer, long offset) => source.Read(buffer, offset);

        public void Dispose()
        {
        }
    }

    private static ByteArrayContent Body(byte[] content, string mediaType)
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return body;
    }
}
