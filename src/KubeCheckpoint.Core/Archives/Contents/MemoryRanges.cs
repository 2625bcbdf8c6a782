using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>Finds the ranges of members that hold the memory of a process.</summary>
internal static class MemoryRanges
{
    /// <summary>The ranges that hold the memory between two addresses, as far as the archive has the pages.</summary>
    public static IEnumerable<MemberRange> Find(CheckpointContent content, AddressSpace memory, ulong start, ulong end)
    {
        if (end <= start)
            yield break;
        foreach (var extent in memory.Extents(start, end))
        {
            if (extent.Store is null || content.Find(extent.Store.File.Name.Member ?? "") is not { } member)
                continue;
            foreach (var (offset, length) in extent.Run.Blocks is { } blocks ? Blocks(extent, blocks) : [(extent.Offset, extent.Length)])
            {
                if (length is > 0 and <= int.MaxValue)
                    yield return new MemberRange(member, offset, (int)length);
            }
        }
    }

    private static IEnumerable<(long Offset, long Length)> Blocks(MemoryExtent extent, CompressedBlocks blocks)
    {
        var last = (extent.Start + extent.Length - 1) / blocks.BlockLength;
        for (var index = extent.Start / blocks.BlockLength; index <= last; index++)
            yield return (extent.Run.Offset + blocks.Offsets[index], blocks.Sizes[index]);
    }
}
