using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>An archive in memory that records which parts of it are read. After its bytes, it is zeros up to the given length.</summary>
internal sealed class MemorySource(byte[] bytes, long? length = null) : IByteSource
{
    public string Path => "memory.tar";

    public long Length => length ?? bytes.Length;

    /// <summary>Offset and count of each read, in order.</summary>
    public List<(long Offset, int Count)> Reads { get; } = [];

    public long BytesRead => Reads.Sum(read => (long)read.Count);

    public int Read(Span<byte> buffer, long offset)
    {
        var count = (int)Math.Min(buffer.Length, Math.Max(0, Length - offset));
        buffer[..count].Clear();
        if (offset < bytes.Length)
            bytes.AsSpan((int)offset, (int)Math.Min(count, bytes.Length - offset)).CopyTo(buffer);
        Reads.Add((offset, count));
        return count;
    }

    public void Dispose()
    {
    }
}
