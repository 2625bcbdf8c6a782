using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Exports;

/// <summary>A part of a range whose bytes are all available in the same way.</summary>
/// <param name="Address">The address of the first byte.</param>
/// <param name="Length">The length in bytes.</param>
/// <param name="Extent">Where they are, or null where they are not in the archive or nothing is mapped.</param>
/// <param name="IsZero">Whether they are known to be zeros without being read.</param>
internal readonly record struct MemoryPiece(ulong Address, ulong Length, MemoryExtent? Extent, bool IsZero)
{
    /// <summary>Whether the archive does not tell what they are.</summary>
    public bool IsMissing => Extent is null && !IsZero;

    /// <summary>All parts of a range, including what is not mapped.</summary>
    public static IEnumerable<MemoryPiece> Of(AddressSpace memory, MemoryRange range)
    {
        var address = range.Start;
        foreach (var extent in memory.Parts(range.Start, range.End))
        {
            if (extent.Address > address)
                yield return new MemoryPiece(address, extent.Address - address, null, false);
            var content = memory.ContentOf(extent);
            var stored = content == PageContent.Stored ? extent : (MemoryExtent?)null;
            yield return new MemoryPiece(extent.Address, (ulong)extent.Length, stored, content == PageContent.Zero || extent.IsZero);
            address = extent.End;
        }
        if (address < range.End)
            yield return new MemoryPiece(address, range.End - address, null, false);
    }
}
