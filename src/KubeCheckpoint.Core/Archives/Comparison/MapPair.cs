using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>A map of the difference and the matching maps of the reference. Either side may be missing.</summary>
/// <param name="Reference">The maps before, ascending: more than one where adjacent maps have merged.</param>
/// <param name="Difference">The map after.</param>
/// <param name="Shift">What is added to an address of the reference to get the same byte's address in the difference.</param>
internal sealed record MapPair(IReadOnlyList<MapSlice> Reference, Vma? Difference, ulong Shift);
