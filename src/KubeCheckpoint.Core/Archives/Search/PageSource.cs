using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Search;

/// <summary>A range of memory whose bytes are contiguous in one pages file.</summary>
/// <param name="Address">The address of the first byte.</param>
/// <param name="Length">The length in bytes.</param>
/// <param name="Store">The store with the pages.</param>
/// <param name="Run">The run of the store it begins in.</param>
/// <param name="Start">How far into the run it begins, in bytes of memory.</param>
/// <param name="IsShared">Whether it belongs to a shared memory segment.</param>
internal readonly record struct PageSource(ulong Address, long Length, PageStore Store, PageRun Run, long Start, bool IsShared)
{
    /// <summary>The address after the last byte.</summary>
    public ulong End => Address + (ulong)Length;

    /// <summary>The address in the store's pagemap: for shared memory the offset in its segment.</summary>
    public ulong StoreAddress => Run.Address + (ulong)Start;

    /// <summary>Where the first byte is in the pages file; -1 where it is compressed.</summary>
    public long Offset => Run.Blocks is null ? Run.Offset + Start : -1;

    /// <summary>Whether the next range continues this one, in memory and in the pages file.</summary>
    public bool IsContinuedBy(in PageSource next) => ReferenceEquals(Store, next.Store) && Run.Blocks is null && next.Run.Blocks is null
        && End == next.Address && Offset + Length == next.Offset && StoreAddress + (ulong)Length == next.StoreAddress;
}
