using System.Globalization;

namespace KubeCheckpoint.Archives.MemoryMaps;

/// <summary>The names of madvise(2) flags: CRIU keeps a bit for the number of each (CRIU, criu/proc_parse.c).</summary>
internal static class AdviceNames
{
    /// <summary>The names of the bits that are set, by Linux's include/uapi/asm-generic/mman-common.h.</summary>
    public static string[] Of(ulong bits)
    {
        if (bits == 0)
            return [];
        var names = new List<string>();
        for (var number = 0; number < 64; number++)
        {
            if ((bits >> number & 1) != 0)
                names.Add(NameOf(number));
        }
        return [.. names];
    }

    private static string NameOf(int number) => number switch
    {
        1 => "MADV_RANDOM",
        2 => "MADV_SEQUENTIAL",
        10 => "MADV_DONTFORK",
        12 => "MADV_MERGEABLE",
        14 => "MADV_HUGEPAGE",
        15 => "MADV_NOHUGEPAGE",
        16 => "MADV_DONTDUMP",
        18 => "MADV_WIPEONFORK",
        _ => string.Create(CultureInfo.InvariantCulture, $"MADV_{number}"),
    };
}
