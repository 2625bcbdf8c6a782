using Google.Protobuf;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Budgets;

/// <summary>Memory of which an archive holds nothing but that it is zeros.</summary>
internal static class Zeros
{
    private const ulong PageSize = 4096;

    /// <summary>An anonymous map.</summary>
    public static VmaEntry Map(ulong start, ulong end) => new() { Start = start, End = end, Prot = 3, Flags = 0x22, Status = 0x201 };

    /// <summary>A pagemap whose pages are blocks of zeros.</summary>
    /// <param name="pagesId">The number of its pages file.</param>
    /// <param name="start">The first address.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="more">Entries that follow.</param>
    public static IMessage[] Pagemap(uint pagesId, ulong start, ulong length, params IMessage[] more) => [new PagemapHead { PagesId = pagesId }, Entry(start, length), .. more];

    /// <summary>An entry of blocks of zeros.</summary>
    public static PagemapEntry Entry(ulong start, ulong length)
    {
        const uint PagesPerBlock = 16 * 1024;
        var block = PagesPerBlock * PageSize;
        var entry = new PagemapEntry { Vaddr = start, NrPages = length / PageSize, Flags = 4, Blocks = new PageBlocks { PagesPerBlock = PagesPerBlock } };
        entry.Blocks.BlockSizes.AddRange(Enumerable.Repeat(0u, (int)((length + block - 1) / block)));
        return entry;
    }
}
