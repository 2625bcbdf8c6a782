using System.Net;
using System.Net.Http.Headers;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Http;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A range of a blob as the body of an upload, read while it is sent.</summary>
internal sealed class BlobContent : HttpContent
{
    private const int BufferSize = 256 * 1024;

    private readonly IByteSource _source;
    private readonly long _start;
    private readonly long _length;
    private readonly TransferMeter _meter;
    private readonly RegistryTimings _timings;
    private readonly StallGuard _guard;

    public BlobContent(IByteSource source, long start, long length, TransferMeter meter, RegistryTimings timings, StallGuard guard)
    {
        _source = source;
        _start = start;
        _length = length;
        _meter = meter;
        _timings = timings;
        _guard = guard;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    /// <summary>Called when bytes were handed to the connection.</summary>
    public required Action OnSent { get; init; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _meter.GoTo(_start);
        var buffer = new byte[BufferSize];
        for (long offset = 0; offset < _length;)
        {
            if (_source is IArrivingSource arriving)
                await ArriveAsync(arriving, _start + offset, cancellationToken).ConfigureAwait(false);
            var count = _source.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, _length - offset)), _start + offset);
            if (count == 0)
                throw LayerFailure.ArchiveChangedWhileReading(_source.Path);
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            offset += count;
            OnSent();
            _meter.Add(count);
            _guard.Expect(_timings.Stall);
        }
        _guard.Expect(_timings.WaitAfterUpload(_length));
    }

    // The limits of the node apply while bytes are awaited from it, not those of the registry.
    private async Task ArriveAsync(IArrivingSource source, long offset, CancellationToken cancellationToken)
    {
        var arriving = source.ArriveAsync(offset, 1, cancellationToken);
        if (!arriving.IsCompleted)
        {
            var limit = _guard.Limit;
            _guard.Expect(Timeout.InfiniteTimeSpan);
            await arriving.ConfigureAwait(false);
            _guard.Expect(limit);
        }

        await arriving.ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }
}
