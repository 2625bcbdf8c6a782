using System.Net;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>
/// A blob in a registry, for one reader. It is meant to be read from beginning to end: a read at another offset, or after the connection
/// failed, starts a new request there.
/// </summary>
internal sealed class RegistryByteSource(RegistryClient registry, OciDescriptor blob, CancellationToken cancellationToken) : IByteSource
{
    private readonly byte[] _buffer = new byte[256 * 1024];
    private RegistryStream? _stream;
    private long _position;
    private int _failures;

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
                _failures = 0;
                return count;
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                Close();
                if (++_failures >= registry.Timings.Attempts)
                    throw registry.Unreachable(exception);
                await Task.Delay(registry.Timings.FirstDelay * _failures, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task OpenAsync(long offset)
    {
        Close();
        var request = new RegistryRequest(HttpMethod.Get, registry.At($"blobs/{blob.Digest}")) { From = offset };
        var (stream, refusal) = await registry.OpenAsync(request, cancellationToken).ConfigureAwait(false);
        if (refusal is { IsTransient: true, RetryAfter: { } wait } && wait <= registry.Timings.LongestRetryAfter)
            await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
        if (stream is null)
            throw Failure(refusal!);
        var start = stream.Status == HttpStatusCode.PartialContent ? offset : 0;
        if (stream.Length is { } length && length != blob.Size - start)
        {
            stream.Dispose();
            BlobCheck.CompareSize(Path, blob, start + length);
        }
        (_stream, _position) = (stream, start);
        await SkipToAsync(offset).ConfigureAwait(false);
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

    private Exception Failure(RegistryResponse refusal) => refusal switch
    {
        { Status: HttpStatusCode.NotFound } => ImageFailure.ImageBlobMissing($"{registry.Image.Registry}/{registry.Image.Repository}", blob.Digest),
        { IsTransient: true } when _failures < registry.Timings.Attempts - 1 => new HttpRequestException($"status {(int)refusal.Status}"),
        _ => registry.Refusal(refusal, $"return the blob {blob.Digest}"),
    };

    private void Close()
    {
        _stream?.Dispose();
        _stream = null;
    }
}
