namespace KubeCheckpoint.Fuzz;

/// <summary>What the readers may use for one input.</summary>
internal static class FuzzLimits
{
    /// <summary>The longest time of a small input.</summary>
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(2);

    /// <summary>How many bytes of the input allow for another second.</summary>
    private const long BytesPerSecond = 8 * 1024 * 1024;

    /// <summary>After this time a reader is cancelled.</summary>
    public static readonly TimeSpan Cancel = TimeSpan.FromSeconds(5);

    /// <summary>After this time a reader is given up: it does not end when it is cancelled.</summary>
    public static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    /// <summary>How many bytes a reader allocates at most, freed ones included, before <see cref="AllocationPerByte"/>: what is promised for the memory.</summary>
    public const long Allocation = 512L * 1024 * 1024;

    /// <summary>How many bytes it allocates for each byte of the input.</summary>
    public const long AllocationPerByte = 4;

    /// <summary>The longest time of an input. A case that takes longer is read twice more, so that a busy machine makes no fault.</summary>
    /// <param name="size">Its size in bytes.</param>
    public static TimeSpan TimeFor(long size) => Time + TimeSpan.FromSeconds((double)size / BytesPerSecond);
}
