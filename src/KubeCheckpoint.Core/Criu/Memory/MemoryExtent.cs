namespace KubeCheckpoint.Criu.Memory;

/// <summary>A range of an address space whose bytes are all in one place.</summary>
/// <param name="Address">The address of the first byte.</param>
/// <param name="Length">How many bytes it is.</param>
/// <param name="Map">The map it lies in.</param>
/// <param name="Flags">
/// Where its pages are. <see cref="PageFlags.None"/> where no pagemap names them: never written, so zeros, or as in the file.
/// </param>
/// <param name="Store">What holds them, or null where the archive does not.</param>
/// <param name="Run">The run of the store they are in.</param>
/// <param name="Start">How far into the run the range begins, in bytes of memory.</param>
/// <param name="IsZero">Whether the archive holds nothing but the knowledge that the bytes are zeros.</param>
internal readonly record struct MemoryExtent(
    ulong Address, long Length, Vma Map, PageFlags Flags, PageStore? Store, PageRun Run, long Start, bool IsZero = false)
{
    /// <summary>The address after the last byte.</summary>
    public ulong End => Address + (ulong)Length;

    /// <summary>The parts of it that are known to be zeros, and those between them.</summary>
    public IEnumerable<MemoryExtent> Parts()
    {
        if (Store is null || !PageStore.MayHaveZeros(Run, Length))
        {
            yield return this;
            yield break;
        }
        var done = 0L;
        foreach (var (start, length) in Store.FindZeros(Run, Start, Length))
        {
            if (start - Start > done)
                yield return Part(done, start - Start - done, isZero: false);
            yield return Part(start - Start, length, isZero: true);
            done = start - Start + length;
        }
        if (done < Length)
            yield return Part(done, Length - done, isZero: false);
    }

    /// <summary>A part of it.</summary>
    /// <param name="start">Where it begins, from the first byte.</param>
    /// <param name="length">How many bytes it is.</param>
    /// <param name="isZero">Whether they are known to be zeros.</param>
    public MemoryExtent Part(long start, long length, bool isZero) =>
        this with { Address = Address + (ulong)start, Length = length, Start = Start + start, IsZero = isZero };

    /// <summary>Where its first byte is in the pages file; -1 where it is not in one, or compressed there.</summary>
    public long Offset => Store is null || Run.Blocks is not null ? -1 : Run.Offset + Start;
}
