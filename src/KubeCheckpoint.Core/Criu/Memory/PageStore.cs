using System.Buffers;

namespace KubeCheckpoint.Criu.Memory;

/// <summary>The pages of one pagemap: of a process, or of a shared memory segment.</summary>
internal sealed class PageStore(Pagemap pagemap, IPagesFile file)
{
    // A smaller one is read as fast as it is found.
    private const int SmallestHole = 256 * 1024;

    public Pagemap Pagemap { get; } = pagemap;

    public IPagesFile File { get; } = file;

    /// <summary>Reads stored pages.</summary>
    /// <param name="run">A run of the pagemap, present.</param>
    /// <param name="start">Where to begin, in bytes of memory from the run's first.</param>
    /// <param name="buffer">Filled completely; must not extend beyond the run.</param>
    /// <exception cref="KubeCheckpointException">CriuImageDamaged where the pages file is too short.</exception>
    public void Read(in PageRun run, long start, Span<byte> buffer)
    {
        if (run.Blocks is null)
            ReadExactly(buffer, run.Offset + start);
        else
            ReadCompressed(run, run.Blocks, start, buffer);
    }

    /// <summary>Whether stored pages may have ranges that are known to be zeros. Most have none, which costs nothing.</summary>
    /// <param name="run">A run of the pagemap, present.</param>
    /// <param name="length">How many bytes of it.</param>
    public static bool MayHaveZeros(in PageRun run, long length) => run.Blocks is not null || length >= SmallestHole;

    /// <summary>The ranges of stored pages that are known to be zeros without being read, in order.</summary>
    /// <param name="run">A run of the pagemap, present.</param>
    /// <param name="start">Where to begin, in bytes of memory from the run's first.</param>
    /// <param name="length">How many bytes.</param>
    /// <returns>Start, from the run's first byte, and length of each.</returns>
    public IEnumerable<(long Start, long Length)> FindZeros(PageRun run, long start, long length) =>
        run.Blocks is { } blocks ? FindZeros(blocks, start, start + length) : FindHoles(run.Offset, start, start + length);

    private static IEnumerable<(long Start, long Length)> FindZeros(CompressedBlocks blocks, long start, long end)
    {
        var zeros = start;
        for (var index = (int)(start / blocks.BlockLength); start < end; index++)
        {
            var next = Math.Min(end, (index + 1L) * blocks.BlockLength);
            if (blocks.Sizes[index] != 0)
            {
                if (zeros < start)
                    yield return (zeros, start - zeros);
                zeros = next;
            }
            start = next;
        }
        if (zeros < end)
            yield return (zeros, end - zeros);
    }

    private IEnumerable<(long Start, long Length)> FindHoles(long offset, long start, long end)
    {
        end = Math.Min(end, File.Length - offset);
        while (start < end)
        {
            var hole = File.FindHole(offset + start);
            var (first, last) = (Math.Max(start, hole.Start - offset), Math.Min(end, hole.End - offset));
            if (first >= end)
                yield break;
            if (last - first >= SmallestHole)
                yield return (first, last - first);
            start = Math.Max(last, start + 1);
        }
    }

    private void ReadCompressed(in PageRun run, CompressedBlocks blocks, long start, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var index = (int)(start / blocks.BlockLength);
            var inBlock = (int)(start % blocks.BlockLength);
            var length = (int)Math.Min(blocks.BlockLength, run.Length - (long)index * blocks.BlockLength);
            var count = Math.Min(length - inBlock, buffer.Length);
            ReadBlock(blocks.Sizes[index], run.Offset + blocks.Offsets[index], length, inBlock, buffer[..count]);
            buffer = buffer[count..];
            start += count;
        }
    }

    // A block may claim to hold far more than it does: memory is allocated only for what its bytes can decode to.
    private void ReadBlock(uint size, long offset, int length, int start, Span<byte> target)
    {
        if (size == 0)
            target.Clear();
        else if (size == length)
            ReadExactly(target, offset + start);
        else if (size > length || length > Lz4Block.LargestContent(size))
            throw Damaged(offset, $"a block of {size} bytes holds {length} bytes of memory");
        else
            Decompress((int)size, offset, length, start, target);
    }

    private void Decompress(int size, long offset, int length, int start, Span<byte> target)
    {
        if (size > File.Length - offset)
            throw CutShort(offset);
        var stored = ArrayPool<byte>.Shared.Rent(size);
        var content = target.Length == length ? null : ArrayPool<byte>.Shared.Rent(length);
        try
        {
            ReadExactly(stored.AsSpan(0, size), offset);
            var block = content is null ? target : content.AsSpan(0, length);
            if (!Lz4Block.TryDecode(stored.AsSpan(0, size), block))
                throw Damaged(offset, "an LZ4 block is invalid");
            if (content is not null)
                block.Slice(start, target.Length).CopyTo(target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
            if (content is not null)
                ArrayPool<byte>.Shared.Return(content);
        }
    }

    private void ReadExactly(Span<byte> buffer, long offset)
    {
        if (File.Read(buffer, offset) < buffer.Length)
            throw CutShort(offset);
    }

    private KubeCheckpointException CutShort(long offset) =>
        Damaged(offset, $"it has {File.Length} bytes, but the pagemap counts {Pagemap.PayloadSize}");

    private KubeCheckpointException Damaged(long offset, string reason) => CriuFailure.CriuImageDamaged(File.Name, offset, reason);
}
