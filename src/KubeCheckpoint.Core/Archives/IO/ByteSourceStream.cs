namespace KubeCheckpoint.Archives.IO;

/// <summary>A seekable view of a range of a source. It does not own the source.</summary>
internal sealed class ByteSourceStream(IByteSource source, long start, long length) : ReadOnlyStream, IHoleStream
{
    private long _position;

    public override bool CanSeek => true;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(Span<byte> buffer)
    {
        var left = Math.Max(0, length - _position);
        if (buffer.Length > left)
            buffer = buffer[..(int)left];
        var count = buffer.IsEmpty ? 0 : source.Read(buffer, start + _position);
        _position += count;
        return count;
    }

    public long SkipHole()
    {
        var hole = source.FindHole(start + _position);
        var end = Math.Min(length, hole.End - start);
        if (hole.Start - start > _position || end <= _position)
            return 0;
        var skipped = end - _position;
        _position = end;
        return skipped;
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        var target = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => length + offset,
        };
        ArgumentOutOfRangeException.ThrowIfNegative(target, nameof(offset));
        return _position = target;
    }
}
