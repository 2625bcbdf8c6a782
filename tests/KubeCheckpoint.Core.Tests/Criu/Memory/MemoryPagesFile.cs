using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Core.Tests.Criu.Memory;

/// <summary>A pages file in memory.</summary>
internal sealed class MemoryPagesFile(byte[] bytes) : IPagesFile
{
    public CriuImageName Name { get; } = new("/cp/test.tar", "checkpoint/pages-1.img");

    public long Length => bytes.Length;

    public int Read(Span<byte> buffer, long offset)
    {
        if (offset < 0 || offset >= bytes.Length)
            return 0;
        var count = (int)Math.Min(buffer.Length, bytes.Length - offset);
        bytes.AsSpan((int)offset, count).CopyTo(buffer);
        return count;
    }
}
