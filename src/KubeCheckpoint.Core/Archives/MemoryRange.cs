using System.Globalization;

namespace KubeCheckpoint.Archives;

/// <summary>Addresses of a process's memory.</summary>
/// <param name="Start">The first.</param>
/// <param name="End">The one behind the last.</param>
public readonly record struct MemoryRange(ulong Start, ulong End)
{
    /// <summary>How many bytes they are.</summary>
    public ulong Length => End - Start;

    /// <summary>Whether all of another range is in this one.</summary>
    internal bool Contains(ulong start, ulong end) => start >= Start && end <= End;

    /// <summary>As <c>/proc/PID/maps</c> writes it: 7eff37412000-7eff37414000.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Start:x8}-{End:x8}");
}
