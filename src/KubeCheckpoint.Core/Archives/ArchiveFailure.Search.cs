using System.Globalization;

namespace KubeCheckpoint.Archives;

public static partial class ArchiveFailure
{
    /// <summary>A search pattern is not a valid regular expression, or cannot occur in memory.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="reason">The problem.</param>
    /// <param name="inner">The error of the parser.</param>
    public static KubeCheckpointException SearchPatternInvalid(string pattern, string reason, Exception? inner = null) =>
        new(nameof(SearchPatternInvalid), FailureCategory.InvalidArgument, pattern,
            $"'{TerminalText.Excerpt(pattern)}' cannot be searched for: {reason}.",
            "Correct it, or use -SimpleMatch to search for it literally. For the syntax, see about_Regular_Expressions.", inner);

    /// <summary>A search pattern matches the empty string.</summary>
    /// <param name="pattern">The pattern.</param>
    public static KubeCheckpointException SearchPatternMatchesEmpty(string pattern) =>
        new(nameof(SearchPatternMatchesEmpty), FailureCategory.InvalidArgument, pattern,
            $"'{TerminalText.Excerpt(pattern)}' matches the empty string, which is everywhere.",
            "Make it match at least one character: a+ instead of a*.");

    /// <summary>A pattern takes too long in a range of memory; that range was skipped.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="processId">The process.</param>
    /// <param name="address">The address of the range's first byte.</param>
    /// <param name="length">How many bytes it has.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="isLast">Whether the pattern is abandoned, because this has happened often.</param>
    public static KubeCheckpointException SearchTimedOut(string path, int processId, ulong address, long length, string pattern, bool isLast)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"{length} bytes at 0x{address:x} of process {processId}");
        var skipped = isLast ? "the rest is not searched for it" : "the rest of them was skipped";
        return new(nameof(SearchTimedOut), FailureCategory.OperationTimeout, path,
            $"'{TerminalText.Excerpt(pattern)}' takes too long in {place} in '{path}'; {skipped}.",
            "Write the pattern without lookarounds and backreferences; other patterns cannot take that long.");
    }
}
