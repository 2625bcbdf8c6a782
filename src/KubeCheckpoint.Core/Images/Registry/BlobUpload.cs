using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Http;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>
/// Sends one blob (distribution spec, "Pushing a blob monolithically" and "in chunks"). Chunks can be sent before the digest is known; the
/// digest closes the upload. An interrupted upload is resumed at the offset that the registry reports, and restarted in smaller chunks where
/// the registry has lost it. A registry that accepts no chunks gets the whole blob in one request, once the digest is known.
/// </summary>
internal sealed partial class BlobUpload(RegistryClient registry, IByteSource source, TransferMeter meter)
{
    private const int LeastPart = 8;
    private const int WindowInChunks = 3;

    // Registries that have refused chunks: the next blob does not try them again.
    private static readonly ConcurrentDictionary<string, bool> WithoutChunks = new();

    // Null for a blob that can be read at any offset and time.
    private readonly IArrivingSource? _arriving = source as IArrivingSource;

    private readonly UploadPlan _plan = new(SizesOf(registry, source), source.Length, !WithoutChunks.ContainsKey(registry.Image.Registry));
    private readonly Backoff _backoff = new(registry.Timings);

    private Uri? _location;
    private long _offset;
    private long _furthest;

    // Whether bytes of the blob were handed to the connection since the last response.
    private bool _hasSent;

    // Bytes of a request were sent, and no response to it accepted them.
    private bool _isBroken;

    // The next attempt sends the blob in another way than those that failed: its failure says nothing about this way yet.
    private bool _isFirstOfItsWay;

    // How often the registry did not know an upload that was not interrupted.
    private int _unknown;

    // The server must agree before the first chunk is sent, and before the first after any failure.
    private bool _expectContinue = true;

    // The last response refused how the blob was sent, and there is another way.
    private bool _isNewWay;

    // The registry reports the bytes of the last chunk instead of those of the upload (opencontainers/distribution-spec issue 580).
    private bool _countsPerChunk;

    // The offset is the registry's, not that of the last chunk that it accepted.
    private bool _isResumed;

    /// <summary>The size of the blob.</summary>
    public long Length => source.Length;

    /// <summary>Begins the upload, so that a refusal shows before anything is hashed. If the connection fails, <see cref="SendAsync"/> begins it.</summary>
    /// <param name="begun">The response to a mount that the registry turned into an upload, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task BeginAsync(RegistryResponse? begun, CancellationToken cancellationToken)
    {
        try
        {
            Begin(begun ?? await RequestUploadAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (HttpRequestException)
        {
            // Reported and counted if it fails again.
        }
    }

    /// <summary>Sends all bytes and closes the upload.</summary>
    /// <param name="digest">The digest of the bytes. A small blob waits for it and goes in one request.</param>
    /// <param name="cancellationToken">Cancels the upload; the registry keeps what it has until <see cref="AbandonAsync"/>.</param>
    public async Task SendAsync(Task<Digest> digest, CancellationToken cancellationToken)
    {
        while (true)
        {
            RegistryResponse? response = null;
            Exception? broken = null;
            _hasSent = false;
            try
            {
                response = await StepAsync(digest, cancellationToken).ConfigureAwait(false);
                if (response is null)
                    return;
                if (_isNewWay)
                {
                    await BeginAnewIfWholeAsync().ConfigureAwait(false);
                    continue;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException || IsStall(exception))
            {
                broken = exception;
            }
            _isBroken |= _hasSent && response is null or { IsTransient: true };
            if (_backoff.Next(response?.RetryAfter, isCounted: !_isFirstOfItsWay) is not { } wait)
                throw FailureOf(response, broken);
            _isFirstOfItsWay = false;
            await _backoff.WaitAsync(wait, ReasonOf(response, broken), cancellationToken).ConfigureAwait(false);
            if (await LocateAsync(digest, cancellationToken).ConfigureAwait(false))
                return;
        }
    }

    /// <summary>Tells the registry to discard an unfinished upload. Best effort.</summary>
    public async Task AbandonAsync()
    {
        if (_location is not { } location)
            return;
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(400));
        try
        {
            var request = new RegistryRequest(HttpMethod.Delete, location) { Scope = RegistryScope.Abandon(registry.Image.Repository) };
            await registry.SendAsync(request, limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or KubeCheckpointException)
        {
            // Registries drop unfinished uploads by themselves.
        }
    }

    private static UploadSizes SizesOf(RegistryClient registry, IByteSource source) => source is IArrivingSource arriving
        ? registry.Sizes with { Chunk = Math.Min(registry.Sizes.Chunk, Math.Max(1, arriving.Capacity / WindowInChunks)) }
        : registry.Sizes;

    // Chunks that were sent before cannot be used then.
    private async Task BeginAnewIfWholeAsync()
    {
        if (!_plan.IsWhole)
            return;
        await AbandonAsync().ConfigureAwait(false);
        _location = null;
    }

    private static bool IsStall(Exception? exception) => exception is KubeCheckpointException { ErrorId: nameof(RegistryFailure.RegistryStalled) };

    private Exception FailureOf(RegistryResponse? response, Exception? broken) => broken switch
    {
        null => registry.Refusal(response!, "accept a blob"),
        HttpRequestException when _furthest > 0 || _isBroken => registry.Unreachable(broken, _furthest, source.Length),
        HttpRequestException => registry.Unreachable(broken),
        _ => broken,
    };

    private string ReasonOf(RegistryResponse? response, Exception? broken) => string.Create(
        CultureInfo.InvariantCulture,
        $"The upload of a blob to '{registry.Image.Registry}' broke off after {_furthest} of {source.Length} bytes: {ProblemOf(response, broken)}");

    private static string ProblemOf(RegistryResponse? response, Exception? broken) =>
        response is null ? broken!.GetBaseException().Message.TrimEnd('.') : string.Create(CultureInfo.InvariantCulture, $"status {(int)response.Status}");

    // Null: the registry has the blob. A response: the upload failed, and may succeed the next time.
    private async Task<RegistryResponse?> StepAsync(Task<Digest> digest, CancellationToken cancellationToken)
    {
        _isNewWay = false;
        if (_plan.IsWhole)
        {
            if (_arriving is not null)
                await _arriving.PassAsync(cancellationToken).ConfigureAwait(false);
            await digest.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_location is null)
            Begin(await RequestUploadAsync(cancellationToken).ConfigureAwait(false));
        while (!_plan.IsWhole && _offset < source.Length)
        {
            if (await SendChunkAsync(cancellationToken).ConfigureAwait(false) is { } failed)
                return failed;
        }
        return await CompleteAsync(await digest.WaitAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    private Task<RegistryResponse> RequestUploadAsync(CancellationToken cancellationToken) => registry.SendWithRefusalRetryAsync(
        new RegistryRequest(HttpMethod.Post, registry.At("blobs/uploads/")) { Content = _ => new ByteArrayContent([]) }, cancellationToken);

    private void Begin(RegistryResponse begun)
    {
        if (begun.Status != HttpStatusCode.Accepted)
            throw registry.Refusal(begun, "start an upload");
        if (begun.Headers.Location is null)
            throw RegistryFailure.RegistryProtocolViolation(registry.Image.Registry, "it started an upload without a Location");
        Follow(begun);
        _offset = 0;
        _isResumed = false;
        _expectContinue = true;
        if (long.TryParse(begun.Header("OCI-Chunk-Min-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var least))
            _plan.Require(least);
    }

    private void Follow(RegistryResponse response)
    {
        if (response.Headers.Location is { } location)
            _location = registry.Resolve(response.Uri, location);
    }

    private async Task<RegistryResponse?> SendChunkAsync(CancellationToken cancellationToken)
    {
        var (start, length) = (_offset, Math.Min(_plan.Chunk, source.Length - _offset));
        if (_arriving is not null)
            await _arriving.ArriveAsync(start, length, cancellationToken).ConfigureAwait(false);
        var request = new RegistryRequest(HttpMethod.Patch, _location!)
        {
            ExpectContinue = _expectContinue,
            Prepare = Prepare,
            Content = guard =>
            {
                var content = Body(start, length, guard);
                // In the specification this header has no unit.
                content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{start}-{start + length - 1}"));
                return content;
            },
        };
        var response = await registry.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccess)
            return Adapt(response);
        Follow(response);
        _expectContinue = false;
        var accepted = Accepted(response, start, length);
        _offset += accepted;
        Advance();
        // Almost nothing of a chunk counts as a failure: a registry that accepts a byte of each would get the blob a million times.
        if (accepted == 0 || accepted < length / LeastPart)
            return response;
        _isBroken = _hasSent = _isFirstOfItsWay = false;
        _plan.Accept(length);
        return null;
    }

    // Bytes that were sent before, and lost, are no progress.
    private void Advance()
    {
        _backoff.Advance(Math.Max(0, _offset - _furthest));
        _furthest = Math.Max(_furthest, _offset);
        _arriving?.Release(_offset);
    }

    private void Prepare(HttpRequestMessage message)
    {
        if (_plan.UsesOwnConnections)
            message.Headers.ConnectionClose = true;
    }

    private BlobContent Body(long start, long length, StallGuard guard) =>
        new(source, start, length, meter, registry.Timings, guard) { OnSent = () => _hasSent = true };

    // A success stands for the whole chunk, unless the registry reports that it has only a part. Some registries do not report how much they have.
    private long Accepted(RegistryResponse response, long start, long length)
    {
        if (EndOf(response) is not { } end)
            return length;
        _countsPerChunk |= start > 0 && end == length;
        return end >= start && end < start + length && end != length ? end - start : length;
    }

    // Chooses another way to send the blob where there is one; throws where there is none.
    private RegistryResponse Adapt(RegistryResponse response)
    {
        _expectContinue = true;
        var isUnknown = response.Message?.Contains("BLOB_UPLOAD_", StringComparison.Ordinal) == true
            || (_offset > 0 && response.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone);
        switch (response.Status)
        {
            case HttpStatusCode.RequestEntityTooLarge when _plan.ShrinkForGood():
                _isNewWay = true;
                return response;
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                return response;
            case HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.BadRequest when isUnknown:
                // Instances behind one name that do not share uploads know only those of one request.
                if (!_isBroken && ++_unknown == registry.Timings.Attempts - 1)
                    SendWhole();
                Lose();
                return response;
            case HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotAcceptable
                or HttpStatusCode.LengthRequired or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.NotImplemented:
                if (!_plan.EnlargeForGood())
                {
                    WithoutChunks[registry.Image.Registry] = true;
                    SendWhole();
                }
                _isNewWay = true;
                return response;
            default:
                return response.IsTransient ? response : throw registry.Refusal(response, "accept a blob");
        }
    }

    private void SendWhole()
    {
        _plan.SendWhole();
        _isNewWay = true;
    }

    // The registry does not have the upload any more. The next one is made so that a broken connection costs less.
    private void Lose()
    {
        _location = null;
        if (_isBroken)
            _isFirstOfItsWay = _plan.Lose();
        _isBroken = false;
    }

    private async Task<RegistryResponse?> CompleteAsync(Digest digest, CancellationToken cancellationToken)
    {
        var target = new UriBuilder(_location!);
        target.Query = (target.Query.Length > 1 ? target.Query[1..] + "&" : "") + "digest=" + Uri.EscapeDataString(digest.ToString());
        var request = new RegistryRequest(HttpMethod.Put, target.Uri)
        {
            ExpectContinue = _plan.IsWhole,
            Prepare = Prepare,
            Content = guard => _plan.IsWhole ? Body(0, source.Length, guard) : Empty(guard),
        };
        var response = await registry.SendAsync(request, cancellationToken).ConfigureAwait(false);
        switch (response.Status)
        {
            case HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.NoContent:
                registry.CheckDigest(response, digest);
                _location = null;
                return null;
            case HttpStatusCode.NotFound or HttpStatusCode.RequestedRangeNotSatisfiable when !_plan.IsWhole:
            // The offset of a registry may be wrong, above all while it still writes what arrived of the request before.
            case HttpStatusCode.BadRequest when _isResumed:
                Lose();
                return response;
            default:
                return response.IsTransient ? response : throw registry.Refusal(response, "accept a blob", digest);
        }
    }

    // Some registries hash or copy a blob only when its upload is closed.
    private ByteArrayContent Empty(StallGuard guard)
    {
        guard.Expect(registry.Timings.WaitAfterUpload(source.Length));
        return new ByteArrayContent([]);
    }

    // After a failure: does the registry have the blob after all, and if not, how much of it?
    private async Task<bool> LocateAsync(Task<Digest> digest, CancellationToken cancellationToken)
    {
        try
        {
            if (digest.IsCompletedSuccessfully && await HasAsync(await digest.ConfigureAwait(false), cancellationToken).ConfigureAwait(false))
                return true;
            _expectContinue = true;
            if (_plan.IsWhole || _location is null)
                Lose();
            else
                await ResumeAsync(_location, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException)
        {
            // The next step fails in the same way, and counts it.
        }
        return false;
    }

    private async Task ResumeAsync(Uri location, CancellationToken cancellationToken)
    {
        var status = await registry.SendWithRefusalRetryAsync(new RegistryRequest(HttpMethod.Get, location), cancellationToken).ConfigureAwait(false);
        if (!status.IsSuccess || EndOf(status) is not { } end || end > source.Length || (_countsPerChunk && end < _offset))
        {
            Lose();
            return;
        }
        Follow(status);
        // A registry that keeps a part of a chunk loses nothing by large ones.
        if (_isBroken && end <= _offset)
            _isFirstOfItsWay = _plan.Break();
        _offset = end;
        Advance();
        _isResumed = true;
        _isBroken = false;
    }

    private async Task<bool> HasAsync(Digest digest, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Head, registry.At($"blobs/{digest}"));
        var response = await registry.SendWithRefusalRetryAsync(request, cancellationToken).ConfigureAwait(false);
        return response.HasBlob(source.Length);
    }

    // Range: 0-N, both ends included; for an empty upload registries send 0-0.
    private static long? EndOf(RegistryResponse response) =>
        response.Header("Range") is { } range && UploadRange().Match(range) is { Success: true } match
        && long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? last == 0 ? 0 : last + 1
            : null;

    [GeneratedRegex(@"\A(?:bytes[= ])?0-([0-9]{1,18})\z")]
    private static partial Regex UploadRange();
}
