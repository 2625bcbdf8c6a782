namespace KubeCheckpoint.Criu.Memory;

/// <summary>Pages that follow each other in memory and, where they are present, in the pages file.</summary>
/// <param name="Address">The address of the first byte; in the pagemap of shared memory its offset in the segment.</param>
/// <param name="Length">How many bytes they are: a multiple of the page size.</param>
/// <param name="Flags">Where they are.</param>
/// <param name="Offset">Where their first byte is in the pages file; -1 where they are not in it.</param>
/// <param name="Blocks">How they are compressed, or null where they are stored as they are.</param>
internal readonly record struct PageRun(ulong Address, long Length, PageFlags Flags, long Offset, CompressedBlocks? Blocks)
{
    /// <summary>The address after the last byte.</summary>
    public ulong End => Address + (ulong)Length;

    /// <summary>Whether the pages file holds them.</summary>
    public bool IsPresent => Offset >= 0;
}
