namespace KubeCheckpoint.Archives.Requirements;

/// <summary>
/// The kinds of registers that XSAVE saves on x86, by their bit in xstate_bv, and the flag in /proc/cpuinfo that shows that a processor has them
/// (Linux, arch/x86/include/asm/fpu/types.h, arch/x86/include/asm/cpufeatures.h).
/// </summary>
/// <param name="Bit">The bit.</param>
/// <param name="Name">The name of the registers.</param>
/// <param name="CpuFlag">The flag in /proc/cpuinfo.</param>
internal sealed record RegisterFeature(int Bit, string Name, string CpuFlag)
{
    /// <summary>The kinds that processes can use. Bits reserved for the kernel are left out.</summary>
    public static IReadOnlyList<RegisterFeature> All { get; } =
    [
        new(0, "x87", "fpu"),
        new(1, "SSE", "sse"),
        new(2, "AVX", "avx"),
        new(3, "MPX", "mpx"),
        new(4, "MPX", "mpx"),
        new(5, "AVX-512", "avx512f"),
        new(6, "AVX-512", "avx512f"),
        new(7, "AVX-512", "avx512f"),
        new(9, "protection keys", "pku"),
        new(11, "shadow stack", "user_shstk"),
        new(17, "AMX", "amx_tile"),
        new(18, "AMX", "amx_tile"),
        new(19, "APX", "apx"),
    ];

    /// <summary>The names of kinds that are in a set and that a processor with these flags lacks.</summary>
    /// <param name="registers">The set, in the format of xstate_bv.</param>
    /// <param name="cpuFlags">The processor's flags.</param>
    public static IReadOnlyList<string> Missing(ulong registers, IReadOnlySet<string> cpuFlags) =>
        [.. All.Where(feature => (registers >> feature.Bit & 1) != 0 && !cpuFlags.Contains(feature.CpuFlag)).Select(feature => feature.Name).Distinct()];
}
