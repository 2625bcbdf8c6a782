using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// Searches for a regular expression. Bytes are decoded only near one of the texts that each match must contain; if
/// none is known, everywhere.
/// </summary>
internal sealed class RegexLane : SearchLane
{
    /// <summary>The maximum length of a match in bytes, unless the pattern has a lower one: 64 KiB.</summary>
    public const int LongestMatch = 64 * 1024;

    // How far \b, $ or a lookbehind can inspect bytes beyond the searched range.
    private const int View = 1024;

    // How many matches are found between two checks of the cancellation token.
    private const int CheckInterval = 4096;

    private readonly Regex _regex;
    private readonly NeedleSet? _needles;
    private readonly bool _zeroEndsLine;
    private readonly int _parity;

    /// <param name="pattern">The pattern as the user wrote it.</param>
    /// <param name="encoding">Utf8, Utf16 or Latin1.</param>
    /// <param name="regex">The expression.</param>
    /// <param name="shape">What is known about its matches.</param>
    /// <param name="needles">The texts of which each match contains one, or null.</param>
    /// <param name="zeroEndsLine">Whether a zero is read as a line feed.</param>
    /// <param name="parity">For UTF-16: whether characters begin at even addresses (0) or odd ones (1).</param>
    public RegexLane(string pattern, MemoryEncoding encoding, Regex regex, PatternShape shape, NeedleSet? needles, bool zeroEndsLine, int parity = 0)
        : base(pattern, encoding)
    {
        _regex = regex;
        _needles = needles;
        _zeroEndsLine = zeroEndsLine;
        _parity = parity;
        MaximumLength = Bytes(shape.MaximumLength);
        Reach = needles is null ? 0 : Bytes(shape.Required?.Reach);
        // The end of the range may cut the last character, and its start the one before the first match.
        Surroundings = shape.LooksAround ? View : 8;
    }

    public override int MaximumLength { get; }

    public override int Surroundings { get; }

    public override int Reach { get; }

    public override int FindCandidate(ReadOnlySpan<byte> buffer, int from)
    {
        if (_needles is null)
            return from < buffer.Length ? from : -1;
        var place = _needles.IndexOf(buffer[from..]);
        return place < 0 ? -1 : from + place;
    }

    public override void Find(
        ReadOnlySpan<byte> buffer, in BatchSegment segment, int from, int limit, List<SearchHit> hits, CancellationToken cancellationToken)
    {
        var last = hits.Count + limit;
        while (from < segment.CoreEnd && hits.Count < last)
        {
            var end = FindRange(buffer[..segment.End], ref from);
            if (end < 0 || from >= segment.CoreEnd)
                return;
            FindIn(buffer, segment, from, end, last, hits, cancellationToken);
            from = Math.Max(end, hits.Count > 0 ? hits[^1].End : 0);
        }
    }

    // The next range that contains a required text; all matches that begin before its end are in it.
    private int FindRange(ReadOnlySpan<byte> bytes, ref int from)
    {
        if (_needles is null)
            return bytes.Length;
        var place = FindCandidate(bytes, from);
        if (place < 0)
            return -1;
        from = Math.Max(from, place - Reach);
        var end = place;
        while (place >= 0 && place - Reach <= end)
        {
            end = Math.Min(bytes.Length, place + MaximumLength + Surroundings);
            place = FindCandidate(bytes, place + 1);
        }
        return end;
    }

    private void FindIn(
        ReadOnlySpan<byte> buffer, in BatchSegment segment, int from, int end, int last, List<SearchHit> hits, CancellationToken cancellationToken)
    {
        var characters = ArrayPool<char>.Shared.Rent(end - segment.Start);
        try
        {
            var start = Math.Max(segment.Start, from - Surroundings);
            var text = Decode(buffer[..end], segment, ref start, ref from, characters, out var first);
            while (FindUntilCut(text, ref first, start, segment.CoreEnd, last, hits, cancellationToken))
            {
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }

    // True where a match was too long: the search continues after its first part.
    private bool FindUntilCut(
        ReadOnlySpan<char> text, ref int first, int start, int coreEnd, int last, List<SearchHit> hits, CancellationToken cancellationToken)
    {
        var (character, place) = (0, start);
        var previous = start;
        var untilCheck = CheckInterval;
        foreach (var match in _regex.EnumerateMatches(text, first))
        {
            if (--untilCheck == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                untilCheck = CheckInterval;
            }
            var index = IsInsidePair(text, match.Index) ? match.Index - 1 : match.Index;
            place += CountBytes(text, character, index);
            character = index;
            if (place >= coreEnd)
                return false;
            var end = Limit(text, match.Index, match.Index + match.Length);
            // Two matches may each have half of a surrogate pair: the first gets its bytes.
            var hit = new SearchHit(Math.Max(previous, place), CountBytes(text, index, end) - Math.Max(0, previous - place));
            if (hit.Length <= 0)
                continue;
            hits.Add(hit);
            previous = hit.End;
            if (hits.Count == last)
                return false;
            if (end == match.Index + match.Length)
                continue;
            first = end;
            return true;
        }
        return false;
    }

    // Where to cut a match that is too long, but not inside a surrogate pair.
    private int Limit(ReadOnlySpan<char> text, int start, int end)
    {
        if (end - start <= MaximumLength / sizeof(uint))
            return end;
        end = Math.Min(end, start + MaximumLength);
        while (CountBytes(text, start, end) is var bytes && bytes > MaximumLength)
            end -= Math.Max(1, (bytes - MaximumLength) / sizeof(uint));
        return IsInsidePair(text, end) ? end - 1 : end;
    }

    private bool IsInsidePair(ReadOnlySpan<char> text, int index) => Encoding == MemoryEncoding.Utf8
        && index > 0 && index < text.Length && char.IsHighSurrogate(text[index - 1]) && char.IsLowSurrogate(text[index]);

    private ReadOnlySpan<char> Decode(
        ReadOnlySpan<byte> buffer, in BatchSegment segment, ref int start, ref int from, Span<char> characters, out int first)
    {
        int count;
        switch (Encoding)
        {
            case MemoryEncoding.Utf16:
                start += (int)((segment.AddressOf(start) & 1) ^ (uint)_parity);
                from += (int)((segment.AddressOf(from) & 1) ^ (uint)_parity);
                first = Math.Max(0, from - start) / sizeof(char);
                count = Math.Max(0, buffer.Length - start) / sizeof(char);
                if (count > 0)
                    MemoryMarshal.Cast<byte, char>(buffer.Slice(start, count * sizeof(char))).CopyTo(characters);
                break;
            case MemoryEncoding.Latin1:
                first = from - start;
                count = System.Text.Encoding.Latin1.GetChars(buffer[start..], characters);
                break;
            default:
                start = segment.Start + Utf8Text.NextBorder(buffer[segment.Start..], start - segment.Start);
                from = segment.Start + Utf8Text.NextBorder(buffer[segment.Start..], from - segment.Start);
                first = Utf8Text.Decode(buffer[start..from], characters);
                count = first + Utf8Text.Decode(buffer[from..], characters[first..]);
                break;
        }
        var text = characters[..count];
        if (_zeroEndsLine)
            text.Replace('\0', '\n');
        return text;
    }

    private int CountBytes(ReadOnlySpan<char> text, int start, int end) => Encoding switch
    {
        MemoryEncoding.Utf16 => (end - start) * sizeof(char),
        MemoryEncoding.Latin1 => end - start,
        _ => Utf8Text.CountBytes(text, start, end),
    };

    // Half of a surrogate pair stands for all four bytes of UTF-8.
    private int Bytes(int? characters) =>
        (int)Math.Min(LongestMatch, (long)(characters ?? LongestMatch) * (Encoding switch { MemoryEncoding.Utf16 => 2, MemoryEncoding.Latin1 => 1, _ => 4 }));
}
