using System.Globalization;

namespace KubeCheckpoint.Archives;

public static partial class ArchiveFailure
{
    /// <summary>A pattern to look for in memory is no regular expression, or cannot be in memory.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <param name="inner">What the parser said.</param>
    public static KubeCheckpointException SearchPatternInvalid(string pattern, string reason, Exception? inner = null) =>
        new(nameof(SearchPatternInvalid), FailureCategory.InvalidArgument, pattern, $"'{TerminalText.Excerpt(pattern)}' cannot be searched for: {reason}.",
            "Correct it, or give -SimpleMatch to look for it as it stands. The syntax is that of .NET: about_Regular_Expressions.", inner);

    /// <summary>A pattern to look for in memory matches where there is nothing.</summary>
    /// <param name="pattern">The pattern.</param>
    public static KubeCheckpointException SearchPatternMatchesEmpty(string pattern) =>
        new(nameof(SearchPatternMatchesEmpty), FailureCategory.InvalidArgument, pattern, $"'{TerminalText.Excerpt(pattern)}' matches the empty text, which is everywhere.",
            "Make it match one character at least: a+ instead of a*.");

    /// <summary>Memory was met in which a pattern takes too long; that stretch was left out.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="processId">The process.</param>
    /// <param name="address">The address of the stretch's first byte.</param>
    /// <param name="length">How many bytes it has.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="isLast">Whether the pattern is given up, because that has happened often.</param>
    public static KubeCheckpointException SearchTimedOut(string path, int processId, ulong address, long length, string pattern, bool isLast) =>
        new(nameof(SearchTimedOut), FailureCategory.OperationTimeout, path,
            string.Create(CultureInfo.InvariantCulture, $"'{TerminalText.Excerpt(pattern)}' takes too long in {length} bytes at 0x{address:x} of process {processId} in '{path}'; {(isLast ? "the pattern was given up there" : "they were not searched further")}."),
            "Write the pattern without look-around and references to groups: what is left cannot take long.");
}
