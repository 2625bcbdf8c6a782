using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Tests.Archives;

/// <summary>Bytes in memory as an archive; counts what is read. Past its bytes it is a hole of zeros, as long as said.</summary>
internal sealed class MemorySource(byte[] bytes, long? length = null) : IByteSource
{
    public string Path => "memory.tar";

    public long Length => length ?? bytes.Length;

    public long BytesRead { get; private set; }

    public int Read(Span<byte> buffer, long offset)
    {
        var count = (int)Math.Min(buffer.Length, Math.Max(0, Length - offset));
        buffer[..count].Clear();
        if (offset < bytes.Length)
            bytes.AsSpan((int)offset, (int)Math.Min(count, bytes.Length - offset)).CopyTo(buffer);
        BytesRead += count;
        return count;
    }

    public void Dispose()
    {
    }
}
