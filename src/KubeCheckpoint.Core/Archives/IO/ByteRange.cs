namespace KubeCheckpoint.Archives.IO;

/// <summary>A range of a source. It does not own the source.</summary>
internal sealed class ByteRange(IByteSource source, long start, long length) : IByteSource
{
    public string Path => source.Path;

    public long Length => length;

    public int Read(Span<byte> buffer, long offset)
    {
        var left = length - offset;
        return left <= 0 ? 0 : source.Read(buffer.Length > left ? buffer[..(int)left] : buffer, start + offset);
    }

    public (long Start, long End) FindHole(long offset)
    {
        var hole = source.FindHole(start + offset);
        return (Math.Clamp(hole.Start - start, 0, length), Math.Clamp(hole.End - start, 0, length));
    }

    public void Dispose()
    {
    }
}
