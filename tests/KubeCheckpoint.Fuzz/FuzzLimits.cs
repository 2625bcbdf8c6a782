namespace KubeCheckpoint.Fuzz;

/// <summary>What one reader may use for one input of less than a megabyte.</summary>
internal static class FuzzLimits
{
    /// <summary>The longest time. A case that takes longer is read twice more, so that a busy machine makes no fault.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(2);

    /// <summary>After this time a reader is cancelled.</summary>
    public static readonly TimeSpan Cancel = TimeSpan.FromSeconds(5);

    /// <summary>After this time a reader is given up: it does not end when it is cancelled.</summary>
    public static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    /// <summary>How many bytes a reader allocates at most, freed ones included, before <see cref="AllocationPerByte"/>: what is promised for the memory.</summary>
    public const long Allocation = 512L * 1024 * 1024;

    /// <summary>How many bytes it allocates for each byte of the input.</summary>
    public const long AllocationPerByte = 4;
}
