using System.Globalization;

namespace KubeCheckpoint.Archives;

/// <summary>A range of addresses in the memory of a process.</summary>
/// <param name="Start">The first address.</param>
/// <param name="End">The address after the last.</param>
public readonly record struct MemoryRange(ulong Start, ulong End)
{
    /// <summary>The length in bytes.</summary>
    public ulong Length => End - Start;

    /// <summary>Whether another range is entirely in this one.</summary>
    internal bool Contains(ulong start, ulong end) => start >= Start && end <= End;

    /// <summary>As <c>/proc/PID/maps</c> writes it: 7eff37412000-7eff37414000.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Start:x8}-{End:x8}");
}
