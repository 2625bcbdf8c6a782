using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>A map, or the part of it that is compared with one other map.</summary>
/// <param name="Map">The map.</param>
/// <param name="Start">The address of the part's first byte.</param>
/// <param name="End">The address after its last byte.</param>
internal sealed record MapSlice(Vma Map, ulong Start, ulong End)
{
    public MapSlice(Vma map)
        : this(map, map.Start, map.End)
    {
    }
}
