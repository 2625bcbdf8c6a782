using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Fuzz.Mutators;

/// <summary>Changes the lines and words of a text: a log, a list, YAML, a header.</summary>
/// <param name="words">What the text's format gives a meaning to.</param>
internal sealed class TextMutator(params string[] words) : IMutator
{
    private static readonly string[] Nasty =
    [
        "", " ", "\t", "\0", "\r", "\n\n\n", "\u001b[31m", "\u200b", "\u202e", "\ufeff", "/", "//", "../../../etc/passwd", "/.", "%s%n", "%2e%2e", "\\", "\\\\?\\",
        "\"", "'", "`", "$(id)", "{}", "[]", "(", ")", "=", ":", ",", ";", "-", "0", "-1", "1e999", "NaN", "0x", "18446744073709551616", "99999999999999999999999",
        "9223372036854775807", "-9223372036854775808", "4294967296", "0000000000000000000000000000001", "2026-02-30T25:61:61Z", "9999-12-31T23:59:59.9999999+14:00",
        "0001-01-01T00:00:00-14:00", "null", "true", "\u00b5", "\U0001f600",
    ];

    public byte[] Mutate(byte[] content, FuzzRandom random) => random.Next(8) switch
    {
        0 => ChangeLines(content, random),
        1 => Replace(content, random, Repeat(random)),
        2 => RawMutator.Splice(content, random.Next(content.Length + 1), 0, random.Pick<byte[]>([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]])),
        3 => Replace(content, random, Encoding.UTF8.GetBytes(random.Extreme().ToString(CultureInfo.InvariantCulture))),
        4 or 5 when words.Length > 0 => Replace(content, random, Encoding.UTF8.GetBytes(random.Pick(words))),
        _ => Replace(content, random, Encoding.UTF8.GetBytes(random.Pick(Nasty))),
    };

    // One character or word many times: the food of expressions that backtrack.
    private byte[] Repeat(FuzzRandom random)
    {
        var word = random.Next(4) switch { 0 => "a", 1 => " ", 2 when words.Length > 0 => random.Pick(words), _ => random.Pick(Nasty) };
        var count = random.OneIn(20) ? 20_000 : 1 + random.Next(300);
        return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(word, count)));
    }

    // In place of a word, or before it.
    private static byte[] Replace(byte[] content, FuzzRandom random, byte[] inserted)
    {
        var at = random.Next(content.Length + 1);
        if (random.OneIn(3))
            return RawMutator.Splice(content, at, 0, inserted);
        var start = at;
        while (start > 0 && IsOfWord(content[start - 1]))
            start--;
        var end = at;
        while (end < content.Length && IsOfWord(content[end]))
            end++;
        return RawMutator.Splice(content, start, end - start, inserted);
    }

    private static byte[] ChangeLines(byte[] content, FuzzRandom random)
    {
        var (at, end) = Line(content, random);
        var (other, otherEnd) = Line(content, random);
        return random.Next(4) switch
        {
            0 => RawMutator.Splice(content, at, end - at, []),
            1 => RawMutator.Splice(content, at, 0, content.AsSpan(other, otherEnd - other)),
            2 => content[..end],
            _ => RawMutator.Splice(content, at, end - at, content.AsSpan(other, otherEnd - other)),
        };
    }

    private static (int Start, int End) Line(byte[] content, FuzzRandom random)
    {
        var at = random.Next(content.Length + 1);
        var start = content.AsSpan(0, at).LastIndexOf((byte)'\n') + 1;
        var length = content.AsSpan(at).IndexOf((byte)'\n');
        return (start, length < 0 ? content.Length : at + length + 1);
    }

    private static bool IsOfWord(byte octet) => octet >= 0x80 || char.IsAsciiLetterOrDigit((char)octet);
}
