using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Tests.Archives;

/// <summary>Bytes in memory as an archive; keeps what is read of them.</summary>
internal sealed class RecordingSource(byte[] bytes) : IByteSource
{
    public string Path => "memory.tar";

    public long Length => bytes.Length;

    /// <summary>Offsets and counts in the order of the reads.</summary>
    public List<(long Offset, int Count)> Reads { get; } = [];

    public int Read(Span<byte> buffer, long offset)
    {
        var count = (int)Math.Min(buffer.Length, Math.Max(0, Length - offset));
        bytes.AsSpan((int)offset, count).CopyTo(buffer);
        Reads.Add((offset, count));
        return count;
    }

    public void Dispose()
    {
    }
}
