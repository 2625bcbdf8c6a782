namespace KubeCheckpoint.Archives.IO;

/// <summary>A sparse file in a source, with zeros in its holes. It does not own the source.</summary>
/// <param name="source">The source.</param>
/// <param name="start">The offset of what is stored.</param>
/// <param name="length">How many bytes the file has.</param>
/// <param name="map">What is stored.</param>
internal sealed class SparseSource(IByteSource source, long start, long length, SparseMap map) : IByteSource
{
    public string Path => source.Path;

    public long Length => length;

    public int Read(Span<byte> buffer, long offset)
    {
        buffer = buffer[..(int)Math.Clamp(length - offset, 0, buffer.Length)];
        var read = 0;
        while (read < buffer.Length && ReadPart(buffer[read..], offset + read) is > 0 and var count)
            read += count;
        return read;
    }

    public (long Start, long End) FindHole(long offset)
    {
        while (offset < length)
        {
            var (stored, available) = map.Find(offset);
            if (stored is null)
                return (offset, Math.Min(length, available > length - offset ? length : offset + available));
            offset += available;
        }
        return (length, length);
    }

    public void Dispose()
    {
    }

    private int ReadPart(Span<byte> buffer, long offset)
    {
        var (stored, available) = map.Find(offset);
        buffer = buffer[..(int)Math.Min(buffer.Length, available)];
        if (stored is { } position)
            return source.Read(buffer, start + position);
        buffer.Clear();
        return buffer.Length;
    }
}
