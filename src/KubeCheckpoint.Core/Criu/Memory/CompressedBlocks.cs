namespace KubeCheckpoint.Criu.Memory;

/// <summary>The LZ4 blocks a run of pages is stored in (CRIU images of version 3).</summary>
/// <param name="Sizes">The stored size of each block: 0 is a block of zeros, <paramref name="BlockLength"/> an uncompressed one.</param>
/// <param name="Offsets">The offset of each block from the run's first byte in the pages file.</param>
/// <param name="BlockLength">How many bytes of memory a block holds; the last may hold fewer.</param>
/// <param name="PayloadSize">How many bytes of the pages file they take.</param>
internal sealed record CompressedBlocks(uint[] Sizes, long[] Offsets, int BlockLength, long PayloadSize);
