using System.Globalization;

namespace KubeCheckpoint.Budgets;

/// <summary>The failure of an archive that would cost more than one of its size may.</summary>
public static class BudgetFailure
{
    /// <summary>Reading an archive would take more memory, work or output than is allowed for a file of its size.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member that asks for it, or null.</param>
    /// <param name="offset">The offset in the member, or in the archive where there is none.</param>
    /// <param name="what">What it is for.</param>
    /// <param name="asked">How much it asks for.</param>
    /// <param name="used">How much is used.</param>
    /// <param name="budget">How much is allowed.</param>
    /// <param name="unit">What is counted.</param>
    public static KubeCheckpointException ArchiveBudgetExceeded(
        string path, string? member, long offset, string what, long asked, long used, long budget, string unit)
    {
        var place = member is null ? "" : $" in member '{TerminalText.Excerpt(member)}'";
        return new(nameof(ArchiveBudgetExceeded), FailureCategory.InvalidData, path,
            string.Create(
                CultureInfo.InvariantCulture,
                $"'{path}' asks for too much{place} at offset {offset}: {what} takes {asked} {unit}; "
                + $"{used} of the {budget} for an archive of its size are used."),
            "No runtime writes such an archive: do not trust it. If you know its source, decompress it (zstd -d, gzip -d) and read that: "
            + "what is allowed grows with the size of the file.");
    }

    // Where reading continues after a budget was exceeded: what was read is garbage of up to the whole budget, and as much may be read again.
    internal static void FreeMemory(KubeCheckpointException failure)
    {
        if (failure.ErrorId == nameof(ArchiveBudgetExceeded))
            GC.Collect();
    }
}
