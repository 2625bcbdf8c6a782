using System.Net;
using System.Net.Http.Headers;
using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A large blob as the body of an upload, straight from where it lies.</summary>
internal sealed class ArchiveContent : HttpContent
{
    private const int ChunkSize = 256 * 1024;

    private readonly Func<IByteSource> _open;
    private readonly long _length;
    private readonly TransferMeter _meter;
    private readonly RegistryTimings _timings;
    private readonly StallGuard _guard;

    public ArchiveContent(Func<IByteSource> open, long length, TransferMeter meter, RegistryTimings timings, StallGuard guard)
    {
        _open = open;
        _length = length;
        _meter = meter;
        _timings = timings;
        _guard = guard;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _meter.Restart();
        using var source = _open();
        var buffer = new byte[ChunkSize];
        for (long offset = 0; offset < _length;)
        {
            var count = source.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, _length - offset)), offset);
            if (count == 0)
                throw ImageFailure.ArchiveChangedWhileReading(source.Path);
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            offset += count;
            _meter.Add(count);
            _guard.Expect(_timings.Stall);
        }
        _guard.Expect(_timings.WaitAfterUpload(_length));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }
}
