using System.Net;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Http;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>
/// A blob in a registry, for one reader. It is meant to be read from beginning to end: a read at another offset, or after the connection
/// failed, starts a new request there. A registry that breaks off again and again without enough progress in between is given up.
/// </summary>
internal sealed class RegistryByteSource(RegistryClient registry, OciDescriptor blob, CancellationToken cancellationToken) : IByteSource
{
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly Backoff _backoff = new(registry.Timings);
    private HttpStream? _stream;
    private long _position;

    public string Path => $"{registry.Image.Registry}/{registry.Image.Repository}@{blob.Digest}";

    public long Length => blob.Size;

    public int Read(Span<byte> buffer, long offset)
    {
        var wanted = (int)Math.Min(buffer.Length, Length - offset);
        if (wanted <= 0)
            return 0;
        // Archives are read synchronously, on threads of their own.
        var count = ReadAsync(_buffer.AsMemory(0, Math.Min(wanted, _buffer.Length)), offset).GetAwaiter().GetResult();
        _buffer.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    public void Dispose() => _stream?.Dispose();

    private async Task<int> ReadAsync(Memory<byte> buffer, long offset)
    {
        while (true)
        {
            try
            {
                if (_stream is null || offset != _position)
                    await OpenAsync(offset).ConfigureAwait(false);
                var count = await _stream!.ReadAsync(buffer).ConfigureAwait(false);
                if (count == 0)
                    throw new IOException("The registry ended the blob early.");
                _position += count;
                _backoff.Advance(count);
                return count;
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                Close();
                var wait = _backoff.Next() ?? throw registry.Unreachable(exception, offset, Length);
                var problem = exception.GetBaseException().Message.TrimEnd('.');
                await _backoff.WaitAsync(wait, $"The blob {blob.Digest} broke off: {problem}", cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task OpenAsync(long offset)
    {
        Close();
        var stream = await RequestAsync(offset).ConfigureAwait(false);
        var start = stream.Status == HttpStatusCode.PartialContent ? stream.From ?? offset : 0;
        try
        {
            if (start != 0 && start != offset)
                throw RegistryFailure.RegistryProtocolViolation(registry.Image.Registry, $"it returned a blob from byte {start} instead of {offset}");
            if (stream.Length is { } length && length != blob.Size - start)
                BlobCheck.CompareSize(Path, blob, start + length);
        }
        catch (KubeCheckpointException)
        {
            stream.Dispose();
            throw;
        }
        (_stream, _position) = (stream, start);
        await SkipToAsync(offset).ConfigureAwait(false);
    }

    private async Task<HttpStream> RequestAsync(long offset)
    {
        var request = new RegistryRequest(HttpMethod.Get, registry.At($"blobs/{blob.Digest}")) { From = offset };
        while (true)
        {
            var (stream, refusal) = await registry.OpenAsync(request, cancellationToken).ConfigureAwait(false);
            if (stream is not null)
                return stream;
            var wait = (refusal!.IsTransient ? _backoff.Next(refusal.RetryAfter) : null) ?? throw Failure(refusal);
            await _backoff.WaitAsync(wait, $"The registry responded with status {(int)refusal.Status}", cancellationToken).ConfigureAwait(false);
        }
    }

    // A registry that does not support ranges starts from the beginning.
    private async Task SkipToAsync(long offset)
    {
        var scrap = new byte[64 * 1024];
        while (_position < offset)
        {
            var count = await _stream!.ReadAsync(scrap.AsMemory(0, (int)Math.Min(scrap.Length, offset - _position))).ConfigureAwait(false);
            if (count == 0)
                throw new IOException("The registry ended the blob early.");
            _position += count;
        }
    }

    private KubeCheckpointException Failure(RegistryResponse refusal) => refusal.Status == HttpStatusCode.NotFound
        ? ImageFailure.ImageBlobMissing($"{registry.Image.Registry}/{registry.Image.Repository}", blob.Digest)
        : registry.Refusal(refusal, $"return the blob {blob.Digest}");

    private void Close()
    {
        _stream?.Dispose();
        _stream = null;
    }
}
