using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A small blob that is held in memory.</summary>
internal sealed class BytesSource(string path, byte[] bytes) : IByteSource
{
    public string Path => path;

    public long Length => bytes.Length;

    public int Read(Span<byte> buffer, long offset)
    {
        var left = bytes.AsSpan((int)Math.Min(offset, bytes.Length));
        var count = Math.Min(left.Length, buffer.Length);
        left[..count].CopyTo(buffer);
        return count;
    }

    public void Dispose()
    {
    }
}
