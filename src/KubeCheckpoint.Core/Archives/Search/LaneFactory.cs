using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Archives.Search;

/// <summary>Creates the lanes for the patterns of the user.</summary>
internal static class LaneFactory
{
    // Only backtracking expressions can take long; whole batches take milliseconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Characters that end a literal in a regular expression.
    private static readonly SearchValues<char> Signs = SearchValues.Create(@"\*+?|{[()^$.");

    private static readonly string[] Zeros = ["\0", @"\0", @"\x00", @"\u0000", @"\c@"];

    private static readonly Encoding StrictUtf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);
    private static readonly Encoding StrictUtf16 = new UnicodeEncoding(false, false, throwOnInvalidBytes: true);
    private static readonly Encoding StrictLatin1 =
        System.Text.Encoding.GetEncoding("iso-8859-1", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);

    /// <summary>The lanes of all patterns, in their order.</summary>
    /// <exception cref="KubeCheckpointException">SearchPatternInvalid or SearchPatternMatchesEmpty.</exception>
    public static IReadOnlyList<SearchLane> Create(MemorySearchOptions options)
    {
        var lanes = new List<SearchLane>();
        if (options.Bytes.Count > 0)
            lanes.Add(OfBytes([.. options.Bytes]));
        foreach (var pattern in options.Patterns)
            lanes.AddRange(IsLiteral(pattern, options) ? OfText(pattern, options) : OfExpression(pattern, options));
        return lanes;
    }

    private static LiteralLane OfBytes(byte[] bytes)
    {
        var digits = Convert.ToHexString(bytes);
        return bytes.Length <= RegexLane.LongestMatch
            ? new LiteralLane(digits, MemoryEncoding.Latin1, new ByteNeedle(bytes, null))
            : throw ArchiveFailure.SearchPatternInvalid(digits, $"it has {bytes.Length} bytes, the limit is {RegexLane.LongestMatch}");
    }

    // For non-ASCII letters, the two cases may differ in any byte, and in the number of bytes.
    private static bool IsLiteral(string pattern, MemorySearchOptions options) =>
        (options.SimpleMatch || pattern.AsSpan().IndexOfAny(Signs) < 0) && (options.CaseSensitive || !pattern.Any(HasOtherCase));

    private static bool HasOtherCase(char character) =>
        character > 127 && (char.IsSurrogate(character) || char.ToUpperInvariant(character) != character || char.ToLowerInvariant(character) != character);

    private static IEnumerable<SearchLane> OfText(string text, MemorySearchOptions options)
    {
        if (text.Length == 0)
            throw ArchiveFailure.SearchPatternMatchesEmpty(text);
        foreach (var encoding in Encodings(options.Encoding))
        {
            var needle = Needle(text, text, encoding, !options.CaseSensitive);
            yield return needle.Length <= RegexLane.LongestMatch
                ? new LiteralLane(text, encoding, needle)
                : throw ArchiveFailure.SearchPatternInvalid(text, $"it has {needle.Length} bytes, the limit is {RegexLane.LongestMatch}");
        }
    }

    private static IEnumerable<SearchLane> OfExpression(string pattern, MemorySearchOptions options)
    {
        var expression = options.SimpleMatch ? Regex.Escape(pattern) : pattern;
        var regex = Compile(pattern, expression, options.CaseSensitive);
        var shape = PatternParser.Parse(expression, !options.CaseSensitive);
        var zeroEndsLine = !NamesZero(expression);
        foreach (var encoding in Encodings(options.Encoding))
        {
            var needles = Needles(pattern, shape, encoding);
            yield return new RegexLane(pattern, encoding, regex, shape, needles, zeroEndsLine);
            if (encoding == MemoryEncoding.Utf16)
                yield return new RegexLane(pattern, encoding, regex, shape, needles, zeroEndsLine, parity: 1);
        }
    }

    // Text that the encoding cannot represent never matches.
    private static NeedleSet? Needles(string pattern, PatternShape shape, MemoryEncoding encoding)
    {
        if (shape.Required is not { } required)
            return null;
        var texts = required.Texts.Where(text => encoding != MemoryEncoding.Latin1 || text.All(character => character <= byte.MaxValue)).ToList();
        return new NeedleSet([.. (texts.Count > 0 ? texts : required.Texts).Select(text => Needle(pattern, text, encoding, shape.IgnoresCase))]);
    }

    private static Regex Compile(string pattern, string expression, bool caseSensitive)
    {
        var options = RegexOptions.CultureInvariant | RegexOptions.Multiline | (caseSensitive ? RegexOptions.None : RegexOptions.IgnoreCase);
        try
        {
            var regex = Compile(expression, options);
            return regex.IsMatch(string.Empty) ? throw ArchiveFailure.SearchPatternMatchesEmpty(pattern) : regex;
        }
        catch (ArgumentException exception)
        {
            throw ArchiveFailure.SearchPatternInvalid(pattern, exception.Message, exception);
        }
    }

    // Without backtracking the time is linear, whatever the memory contains; lookarounds and backreferences need backtracking.
    private static Regex Compile(string expression, RegexOptions options)
    {
        try
        {
            return new Regex(expression, options | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            return new Regex(expression, options | RegexOptions.Compiled, Patience);
        }
    }

    private static bool NamesZero(string expression) => Zeros.Any(zero => expression.Contains(zero, StringComparison.Ordinal));

    private static MemoryEncoding[] Encodings(MemoryEncoding encoding) =>
        encoding == MemoryEncoding.Both ? [MemoryEncoding.Utf8, MemoryEncoding.Utf16] : [encoding];

    // Case is ignored for ASCII letters only: Regex also matches U+212A, the Kelvin sign, with k, which nobody searches for.
    private static ByteNeedle Needle(string pattern, string text, MemoryEncoding encoding, bool ignoresCase)
    {
        var bytes = Encode(pattern, text, encoding);
        if (!ignoresCase)
            return new ByteNeedle(bytes, null);
        var isWide = encoding == MemoryEncoding.Utf16;
        return new ByteNeedle(bytes, [.. bytes.Select((_, index) => IsLetter(index))]);

        bool IsLetter(int index) => char.IsAsciiLetter((char)bytes[index]) && (!isWide || (index % 2 == 0 && bytes[index + 1] == 0));
    }

    private static byte[] Encode(string pattern, string text, MemoryEncoding encoding)
    {
        try
        {
            return (encoding switch { MemoryEncoding.Utf16 => StrictUtf16, MemoryEncoding.Latin1 => StrictLatin1, _ => StrictUtf8 }).GetBytes(text);
        }
        catch (EncoderFallbackException exception)
        {
            throw ArchiveFailure.SearchPatternInvalid(pattern, $"it has characters that {encoding} does not have", exception);
        }
    }
}
