namespace KubeCheckpoint.Criu.Memory;

/// <summary>The pages of one pagemap: of a process, or of a shared memory segment.</summary>
internal sealed class PageStore(Pagemap pagemap, IPagesFile file)
{
    public Pagemap Pagemap { get; } = pagemap;

    public IPagesFile File { get; } = file;

    /// <summary>Reads stored pages.</summary>
    /// <param name="run">A run of the pagemap, present.</param>
    /// <param name="start">Where to begin, in bytes of memory from the run's first.</param>
    /// <param name="buffer">Filled whole; must not reach behind the run.</param>
    /// <exception cref="KubeCheckpointException">CriuImageDamaged where the pages file ends before.</exception>
    public void Read(in PageRun run, long start, Span<byte> buffer)
    {
        if (run.Blocks is null)
            ReadExactly(buffer, run.Offset + start);
        else
            ReadCompressed(run, run.Blocks, start, buffer);
    }

    private void ReadCompressed(in PageRun run, CompressedBlocks blocks, long start, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var index = (int)(start / blocks.BlockLength);
            var inBlock = (int)(start % blocks.BlockLength);
            var length = (int)Math.Min(blocks.BlockLength, run.Length - (long)index * blocks.BlockLength);
            var count = Math.Min(length - inBlock, buffer.Length);
            ReadBlock(run, blocks, index, length).AsSpan(inBlock, count).CopyTo(buffer);
            buffer = buffer[count..];
            start += count;
        }
    }

    private byte[] ReadBlock(in PageRun run, CompressedBlocks blocks, int index, int length)
    {
        var block = new byte[length];
        var offset = run.Offset + blocks.Offsets[index];
        var size = blocks.Sizes[index];
        if (size == 0)
            return block;
        if (size > length)
            throw Damaged(offset, $"a block of {size} bytes holds {length} bytes of memory");
        if (size == length)
        {
            ReadExactly(block, offset);
            return block;
        }
        var stored = new byte[size];
        ReadExactly(stored, offset);
        return Lz4Block.TryDecode(stored, block) ? block : throw Damaged(offset, "an LZ4 block is broken");
    }

    private void ReadExactly(Span<byte> buffer, long offset)
    {
        if (File.Read(buffer, offset) < buffer.Length)
            throw Damaged(offset, $"it has {File.Length} bytes where the pagemap counts {Pagemap.PayloadSize}");
    }

    private KubeCheckpointException Damaged(long offset, string reason) => CriuFailure.CriuImageDamaged(File.Name, offset, reason);
}
