using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>
/// Sends one blob (distribution spec, "Pushing a blob monolithically" and "in chunks"). Chunks can go before the digest is known; it
/// closes the upload. What breaks is taken up where the registry says that it stands, and begun anew where it no longer knows.
/// A registry that takes no chunks gets the whole blob in one request, once the digest is there.
/// </summary>
internal sealed partial class BlobUpload(RegistryClient registry, IByteSource source, TransferMeter meter)
{
    // Registries that have refused chunks: the next blob does not try again.
    private static readonly ConcurrentDictionary<string, bool> WithoutChunks = new();

    private Uri? _location;
    private long _offset;
    private long _chunk = registry.Sizes.Chunk;
    private long _smallestChunk = registry.Sizes.SmallestChunk;
    private bool _isWhole = WithoutChunks.ContainsKey(registry.Image.Registry);

    // The server is asked for a word before it gets the first chunk, and before the first after anything went wrong.
    private bool _askFirst = true;

    // The last answer was a no to the way it was tried in, and there is another.
    private bool _isNewWay;

    /// <summary>Begins the upload, so that a refusal shows before anything is hashed. Where the connection breaks, <see cref="SendAsync"/> begins it.</summary>
    /// <param name="begun">The answer to a mount that the registry turned into an upload, or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task BeginAsync(RegistryAnswer? begun, CancellationToken cancellationToken)
    {
        try
        {
            Begin(begun ?? await AskToBeginAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (HttpRequestException)
        {
            // Said and counted when it breaks again.
        }
    }

    /// <summary>Sends all bytes and closes the upload.</summary>
    /// <param name="digest">The digest of the bytes. A small blob waits for it and goes in one request.</param>
    /// <param name="cancellationToken">Ends the sending; what the registry has of it stays there until <see cref="AbandonAsync"/>.</param>
    public async Task SendAsync(Task<Digest> digest, CancellationToken cancellationToken)
    {
        _isWhole |= source.Length <= registry.Sizes.HashFirst;
        var attempts = new Attempts(registry.Timings);
        while (true)
        {
            TimeSpan wait;
            try
            {
                var answer = await StepAsync(digest, cancellationToken).ConfigureAwait(false);
                if (answer is null)
                    return;
                if (_isNewWay)
                {
                    await BeginAnewIfWholeAsync().ConfigureAwait(false);
                    continue;
                }
                wait = attempts.Next(_offset, answer.RetryAfter) ?? throw registry.Refusal(answer, "take a blob");
            }
            catch (HttpRequestException exception)
            {
                wait = attempts.Next(_offset, null) ?? throw registry.Unreachable(exception);
            }
            await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
            if (await LocateAsync(digest, cancellationToken).ConfigureAwait(false))
                return;
        }
    }

    /// <summary>Tells the registry to throw away what it has of an upload that is not gone on with. Best effort.</summary>
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
            // Registries drop uploads nobody goes on with by themselves.
        }
    }

    // What has come of it in chunks is of no use then.
    private async Task BeginAnewIfWholeAsync()
    {
        if (!_isWhole)
            return;
        await AbandonAsync().ConfigureAwait(false);
        _location = null;
    }

    // One request. Null: the blob is there. An answer: it has not worked, and may the next time.
    private async Task<RegistryAnswer?> StepAsync(Task<Digest> digest, CancellationToken cancellationToken)
    {
        _isNewWay = false;
        if (_isWhole)
            await digest.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_location is null)
            Begin(await AskToBeginAsync(cancellationToken).ConfigureAwait(false));
        while (!_isWhole && _offset < source.Length)
        {
            if (await SendChunkAsync(cancellationToken).ConfigureAwait(false) is { } trouble)
                return trouble;
        }
        return await CompleteAsync(await digest.WaitAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    private Task<RegistryAnswer> AskToBeginAsync(CancellationToken cancellationToken) => registry.AskAsync(
        new RegistryRequest(HttpMethod.Post, registry.At("blobs/uploads/")) { Content = _ => new ByteArrayContent([]) }, cancellationToken);

    private void Begin(RegistryAnswer begun)
    {
        if (begun.Status is HttpStatusCode.OK or HttpStatusCode.Created)
            throw ImageFailure.RegistryProtocolViolation(registry.Image.Registry, $"it answers the begin of an upload with status {(int)begun.Status}");
        if (begun.Status != HttpStatusCode.Accepted)
            throw registry.Refusal(begun, "begin an upload");
        if (begun.Headers.Location is null)
            throw ImageFailure.RegistryProtocolViolation(registry.Image.Registry, "it began an upload without saying where");
        Follow(begun);
        _offset = 0;
        _askFirst = true;
        if (long.TryParse(begun.Header("OCI-Chunk-Min-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var least))
            (_chunk, _smallestChunk) = (Math.Max(_chunk, least), Math.Max(_smallestChunk, least));
    }

    private void Follow(RegistryAnswer answer)
    {
        if (answer.Headers.Location is { } location)
            _location = registry.Resolve(answer.Uri, location);
    }

    private async Task<RegistryAnswer?> SendChunkAsync(CancellationToken cancellationToken)
    {
        var (start, length) = (_offset, Math.Min(_chunk, source.Length - _offset));
        var request = new RegistryRequest(HttpMethod.Patch, _location!)
        {
            AskFirst = _askFirst,
            Content = guard =>
            {
                var content = new BlobContent(source, start, length, meter, registry.Timings, guard);
                // The spec's form has no unit before it.
                content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{start}-{start + length - 1}"));
                return content;
            },
        };
        var answer = await registry.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (answer.Status is not (HttpStatusCode.Accepted or HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.NoContent))
            return Judge(answer);
        Follow(answer);
        _askFirst = false;
        // Some registries do not say how far they are.
        _offset = EndOf(answer) is { } end && end >= start && end <= start + length ? end : start + length;
        return _offset > start ? null : answer;
    }

    // What may work in another way is put so that it will; what cannot is thrown.
    private RegistryAnswer Judge(RegistryAnswer answer)
    {
        _askFirst = true;
        var isForgotten = answer.Words?.Contains("BLOB_UPLOAD_", StringComparison.Ordinal) == true;
        switch (answer.Status)
        {
            case HttpStatusCode.RequestEntityTooLarge when _chunk > _smallestChunk:
                _chunk = Math.Max(_smallestChunk, Math.Min(_chunk, source.Length) / 4);
                _isNewWay = true;
                return answer;
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                return answer;
            case HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.BadRequest when isForgotten:
                _location = null;
                return answer;
            case HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotAcceptable
                or HttpStatusCode.LengthRequired or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.NotImplemented:
                WithoutChunks[registry.Image.Registry] = true;
                _isWhole = _isNewWay = true;
                return answer;
            default:
                return answer.MayPass ? answer : throw registry.Refusal(answer, "take a blob");
        }
    }

    private async Task<RegistryAnswer?> CompleteAsync(Digest digest, CancellationToken cancellationToken)
    {
        var target = new UriBuilder(_location!);
        target.Query = (target.Query.Length > 1 ? target.Query[1..] + "&" : "") + "digest=" + Uri.EscapeDataString(digest.ToString());
        var request = new RegistryRequest(HttpMethod.Put, target.Uri)
        {
            AskFirst = _isWhole,
            Content = guard => _isWhole ? new BlobContent(source, 0, source.Length, meter, registry.Timings, guard) : Empty(guard),
        };
        var answer = await registry.SendAsync(request, cancellationToken).ConfigureAwait(false);
        switch (answer.Status)
        {
            case HttpStatusCode.Created or HttpStatusCode.NoContent:
                registry.CheckDigest(answer, new OciDescriptor("", digest.ToString(), source.Length));
                _location = null;
                return null;
            case HttpStatusCode.OK or HttpStatusCode.Accepted:
                throw ImageFailure.RegistryProtocolViolation(registry.Image.Registry, $"it answers a whole upload with status {(int)answer.Status}");
            case HttpStatusCode.NotFound or HttpStatusCode.RequestedRangeNotSatisfiable when !_isWhole:
                _location = null;
                return answer;
            default:
                return answer.MayPass ? answer : throw registry.Refusal(answer, "take a blob", digest.ToString());
        }
    }

    // Some stores hash or copy a blob only when it is closed.
    private ByteArrayContent Empty(StallGuard guard)
    {
        guard.Expect(registry.Timings.WaitAfterUpload(source.Length));
        return new ByteArrayContent([]);
    }

    // After trouble: is the blob there after all, and if not, how far is the upload?
    private async Task<bool> LocateAsync(Task<Digest> digest, CancellationToken cancellationToken)
    {
        try
        {
            if (digest.IsCompletedSuccessfully && await HasAsync(await digest.ConfigureAwait(false), cancellationToken).ConfigureAwait(false))
                return true;
            _askFirst = true;
            if (_isWhole || _location is null)
            {
                _location = null;
                return false;
            }
            var status = await registry.AskAsync(new RegistryRequest(HttpMethod.Get, _location), cancellationToken).ConfigureAwait(false);
            if (status.Status is HttpStatusCode.NoContent or HttpStatusCode.OK or HttpStatusCode.Accepted && EndOf(status) is { } end && end <= source.Length)
            {
                Follow(status);
                _offset = end;
            }
            else
            {
                _location = null;
            }
        }
        catch (HttpRequestException)
        {
            // The next step meets the same trouble, and counts it.
        }
        return false;
    }

    private async Task<bool> HasAsync(Digest digest, CancellationToken cancellationToken)
    {
        var answer = await registry.AskAsync(new RegistryRequest(HttpMethod.Head, registry.At($"blobs/{digest}")), cancellationToken).ConfigureAwait(false);
        return answer.Status == HttpStatusCode.OK;
    }

    // Range: 0-N, both ends counted; of an upload with nothing in it registries say 0-0.
    private static long? EndOf(RegistryAnswer answer) =>
        answer.Header("Range") is { } range && UploadRange().Match(range) is { Success: true } match
        && long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? last == 0 ? 0 : last + 1
            : null;

    [GeneratedRegex(@"\A(?:bytes[= ])?0-([0-9]{1,18})\z")]
    private static partial Regex UploadRange();

    /// <summary>How often it is tried again: without an end while the upload gets further, a few times where it does not.</summary>
    private sealed class Attempts(RegistryTimings timings)
    {
        private long _furthest = -1;
        private int _failures;
        private int _all;

        /// <summary>How long to wait before the next attempt; null: no further one.</summary>
        public TimeSpan? Next(long offset, TimeSpan? retryAfter)
        {
            _failures = offset > _furthest ? 1 : _failures + 1;
            _furthest = Math.Max(_furthest, offset);
            if (_failures >= timings.Attempts || ++_all > timings.AttemptsOfUpload || retryAfter > timings.LongestRetryAfter)
                return null;
            return retryAfter ?? timings.FirstDelay * Math.Pow(2, _failures - 1);
        }
    }
}
