using KubeCheckpoint.Budgets;

namespace KubeCheckpoint.Criu.Images;

/// <summary>A message that a parser reads in parts. Before each, a meter compares what the parser has allocated with the budget.</summary>
/// <param name="message">A buffer with the message at its start.</param>
/// <param name="size">The size of the message.</param>
/// <param name="meter">The meter.</param>
internal sealed class MessageParts(byte[] message, int size, AllocationMeter meter) : Stream
{
    private int _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        meter.Check();
        var count = Math.Min(buffer.Length, size - _position);
        message.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
