using System.Text;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.Search;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Search;

/// <summary>
/// Compares the engine with a naive search, over small random address spaces and patterns. Every case has its seed, so a failure can be
/// reproduced.
/// </summary>
public sealed class SearchOracleTests : IDisposable
{
    private const int Layouts = 90;
    private const int PatternsOfLayout = 6;

    private static readonly int[] Batches = [64, 1500, 4096, 10_000, Searching.UsualBatch];

    // Only a few, so that patterns made of them occur.
    private static readonly string[] Syllables = ["a", "A", "b", "B", "ab", "\0", "\n", "1", "é", "É", "€", "\U0001F600", "Kc", "a\0", "\0a", "zz"];

    private static readonly string[] Expressions =
    [
        "a[b1]", "(a|b)\\d", "ab|BA|1a", "a.b", "^a", "b$", "\\bab\\b", "a(?=b)", "(?<=a)b", "(.)\\1", "[^a]b", "é", "É|€", "a{2,4}", "a+b?", "(?i)aB", "a(?:b|1)+",
        ".\U0001F600", "k", "\\w\\W\\w", "a\\x00", "[\\0a]b", "zz.{0,9}a", "(ab)?1", "\\Aa", "1\\z", "[a-b]{3}", "\\p{Lu}", "x|y|zz", "a*b", "\\s[a1]",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Texts_are_found_where_they_are(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < Layouts; i++)
        {
            var layout = MakeLayout(random, withShared: true);
            var path = layout.Save(_folder);
            for (var j = 0; j < PatternsOfLayout; j++)
            {
                var text = MakeText(random);
                var options = Searching.Text(text, Pick(random, MemoryEncoding.Utf8, MemoryEncoding.Utf16), caseSensitive: random.Next(2) == 0 || !Ascii.IsValid(text));
                var found = Searching.Find(path, options, batchSize: Pick(random, Batches));
                Assert.Equal(FindText(layout, text, options), found.Select(match => (match.ProcessId, match.Address, match.Length)));
            }
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Expressions_are_found_where_they_are(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < Layouts; i++)
        {
            var layout = MakeLayout(random, withShared: false);
            var path = layout.Save(_folder);
            for (var j = 0; j < PatternsOfLayout; j++)
            {
                var expression = Pick(random, Expressions);
                var options = Searching.Expression(expression, Pick(random, MemoryEncoding.Utf8, MemoryEncoding.Utf16, MemoryEncoding.Latin1), random.Next(2) == 0);
                var found = Searching.Find(path, options, batchSize: Pick(random, Batches));
                var expected = FindExpression(layout, expression, options);
                Assert.True(
                    expected.SequenceEqual(found.Select(match => (match.ProcessId, match.Address, match.Length))),
                    $"{expression} {options.Encoding} {options.CaseSensitive}: {string.Join(' ', expected.Take(20))} but {string.Join(' ', found.Take(20).Select(match => (match.ProcessId, match.Address, match.Length)))}");
            }
        }
    }

    private static List<(int, ulong, int)> FindText(MemoryLayout layout, string text, MemorySearchOptions options)
    {
        var needle = (options.Encoding == MemoryEncoding.Utf16 ? Encoding.Unicode : Encoding.UTF8).GetBytes(text);
        var found = new List<(int, ulong, int)>();
        var before = new List<MemoryStretch>();
        foreach (var stretch in layout.Stretches())
        {
            var bytes = stretch.Bytes;
            for (var i = 0; i + needle.Length <= bytes.Length; i++)
            {
                if (!needle.Index().All(octet => Fold(bytes[i + octet.Index]) == Fold(octet.Item)))
                    continue;
                if (stretch.SharedPages(i, needle.Length) is not { } pages || !(before.Exists(other => other.Shows(pages)) || stretch.Shows(pages, i / MemoryLayout.PageSize)))
                    found.Add((stretch.ProcessId, stretch.Address + (ulong)i, needle.Length));
                i += needle.Length - 1;
            }
            before.Add(stretch);
        }
        return found;

        int Fold(byte octet) => options.CaseSensitive || !char.IsAsciiLetterUpper((char)octet) ? octet : octet | 0x20;
    }

    private static List<(int, ulong, int)> FindExpression(MemoryLayout layout, string expression, MemorySearchOptions options)
    {
        var regex = new Regex(expression, RegexOptions.CultureInvariant | RegexOptions.Multiline | (options.CaseSensitive ? 0 : RegexOptions.IgnoreCase));
        var namesZero = expression.Contains("\\0") || expression.Contains("\\x00");
        var found = new List<(int, ulong, int)>();
        foreach (var stretch in layout.Stretches())
        {
            var ofStretch = new List<(int, ulong, int)>();
            foreach (var skip in options.Encoding == MemoryEncoding.Utf16 ? new[] { 0, 1 } : [0])
            {
                var (text, starts, ends) = Decode(stretch.Bytes, skip, options.Encoding);
                var previous = 0;
                foreach (Match match in regex.Matches(namesZero ? text : text.Replace('\0', '\n')))
                {
                    var start = Math.Max(previous, starts[match.Index]);
                    var end = match.Length == 0 ? start : ends[match.Index + match.Length - 1];
                    if (end > start)
                        ofStretch.Add((stretch.ProcessId, stretch.Address + (ulong)start, end - start));
                    previous = Math.Max(previous, end);
                }
            }
            found.AddRange(ofStretch.OrderBy(match => match.Item2));
        }
        return found;
    }

    // Each character with the index of its first byte and of the byte after its last; both halves of a surrogate pair have those of the pair.
    private static (string Text, List<int> Starts, List<int> Ends) Decode(byte[] bytes, int skip, MemoryEncoding encoding)
    {
        var text = new StringBuilder();
        var (starts, ends) = (new List<int>(), new List<int>());
        for (var i = skip; i < bytes.Length;)
        {
            var (characters, length) = encoding switch
            {
                MemoryEncoding.Latin1 => (((char)bytes[i]).ToString(), 1),
                MemoryEncoding.Utf16 when i + 1 == bytes.Length => ("", 1),
                MemoryEncoding.Utf16 => (((char)(bytes[i] | bytes[i + 1] << 8)).ToString(), 2),
                _ => DecodeUtf8(bytes.AsSpan(i)),
            };
            starts.AddRange(Enumerable.Repeat(i, characters.Length));
            ends.AddRange(Enumerable.Repeat(i + length, characters.Length));
            text.Append(characters);
            i += length;
        }
        starts.Add(bytes.Length);
        return (text.ToString(), starts, ends);
    }

    private static (string, int) DecodeUtf8(ReadOnlySpan<byte> bytes) =>
        Rune.DecodeFromUtf8(bytes, out var rune, out var length) == System.Buffers.OperationStatus.Done ? (rune.ToString(), length) : (((char)(0xDC00 + bytes[0])).ToString(), 1);

    private static MemoryLayout MakeLayout(Random random, bool withShared)
    {
        var layout = new MemoryLayout();
        if (withShared)
            layout.Segment(7, MakePages(random, 4)).Segment(8, MakePages(random, 2));
        for (var process = 1u; process <= random.Next(1, 4); process++)
        {
            var address = 0x10000UL;
            for (var map = random.Next(1, 4); map > 0; map--)
            {
                var count = random.Next(1, 4);
                var segment = random.Next(7, 9);
                if (!withShared || random.Next(2) == 0)
                    layout.Private(process, address, MakePages(random, count));
                else if (segment == 7)
                    layout.Shared(process, address, 7, random.Next(0, 5 - count), count);
                else
                    layout.Shared(process, address, 8, 0, count = random.Next(1, 3));
                address += (ulong)(count + (random.Next(3) == 0 ? 1 : 0)) * MemoryLayout.PageSize;
            }
        }
        return layout;
    }

    private static byte[]?[] MakePages(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(8) == 0 ? null : MakePage(random))];

    // Mostly zeros, with random syllables in it and at both ends, in either encoding.
    private static byte[] MakePage(Random random)
    {
        var page = new byte[MemoryLayout.PageSize];
        for (var place = 0; place < page.Length;)
        {
            var syllable = (random.Next(3) == 0 ? Encoding.Unicode : Encoding.UTF8).GetBytes(Pick(random, Syllables));
            var count = Math.Min(syllable.Length, page.Length - place);
            syllable.AsSpan(0, count).CopyTo(page.AsSpan(place));
            place += count + (place < 24 || place > page.Length - 24 ? 0 : random.Next(300));
            if (random.Next(40) == 0 && place < page.Length)
                page[place++] = (byte)random.Next(256);
        }
        return page;
    }

    // No suffix of a text is its prefix, so that matches do not depend on where the search begins.
    private static string MakeText(Random random)
    {
        while (true)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Pick(random, Syllables)));
            var bytes = Encoding.UTF8.GetBytes(text.ToUpperInvariant());
            var wide = Encoding.Unicode.GetBytes(text.ToUpperInvariant());
            if (IsWithoutBorder(bytes) && IsWithoutBorder(wide))
                return text;
        }
    }

    private static bool IsWithoutBorder(byte[] bytes) =>
        Enumerable.Range(1, Math.Max(0, bytes.Length - 1)).All(length => !bytes.AsSpan(0, length).SequenceEqual(bytes.AsSpan(bytes.Length - length)));

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];
}
