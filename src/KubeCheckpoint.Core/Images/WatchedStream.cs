using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Images;

/// <summary>Shows every byte that is read to somebody: a hash, a copy, a meter.</summary>
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
