using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Oci;

/// <summary>Passes every byte that is read to a watcher: a hash, a copy, a meter.</summary>
internal sealed class WatchedStream(Stream inner, WatchedStream.Watcher watch) : ReadOnlyStream
{
    public delegate void Watcher(ReadOnlySpan<byte> bytes);

    public override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        watch(buffer[..count]);
        return count;
    }
}

/// <summary>Reads streams to their end.</summary>
internal static class WholeStreams
{
    private const int BufferSize = 1024 * 1024;

    /// <summary>Reads the rest of a stream and passes it to a watcher.</summary>
    public static void ReadToEnd(this Stream stream, WatchedStream.Watcher watch)
    {
        var buffer = new byte[BufferSize];
        while (stream.Read(buffer) is > 0 and var count)
            watch(buffer.AsSpan(0, count));
    }
}
