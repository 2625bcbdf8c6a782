using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Fuzz.Mutators;

/// <summary>Changes JSON: other kinds, names given twice, half surrogate pairs, depth, numbers, and what is no JSON.</summary>
internal sealed class JsonMutator : IMutator
{
    public static readonly JsonMutator Instance = new();

    // No member of a document stays where it has more than these, so that documents do not grow without end.
    private const int MostCopies = 500;

    private static readonly string[] Scalars =
    [
        "null", "true", "false", "0", "-0", "-1", "1", "1.5", "1e999", "-1e999", "1e-999", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "4294967296", "2147483648", "123456789012345678901234567890", "0.1e1", "\"\"", "\"x\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\\ud83d\\ude00\"", "\"\\u0000\"",
        "\"\\u001b[31m\"", "\"/\"", "\"..\"", "\"../../etc\"", "\"a\\nb\"", "\"2026-02-30T99:00:00Z\"", "\"9999-12-31T23:59:59+14:00\"", "\"0001-01-01T00:00:00-14:00\"",
        "\"sha256:\"", "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"", "\"-1\"", "\"99999999999999999999\"", "\"http://[::1\"",
        "[]", "{}", "[null]", "[[[[[[]]]]]]", "[\"\\ud800\"]", "{\"\\ud800\":1}", "{\"\":\"\"}", "{\"a\":1,\"a\":2}", "{\"a\":{\"b\":{\"c\":{}}}}",
    ];

    private static readonly string[] NoJson = ["NaN", "Infinity", "01", "+1", ".5", "1.", "'a'", "\"\u0001\"", "\"\\x\"", "\"\\u12\"", "undefined", "/**/1", "", "\u0000", "tru", "{", "]"];

    public byte[] Mutate(byte[] content, FuzzRandom random)
    {
        if (random.OneIn(10))
            return Around(content, random);
        if (JsonValue.TryParse(content) is not { } root)
            return RawMutator.Instance.Mutate(content, random);
        Change(root, random);
        return root.ToBytes();
    }

    private static void Change(JsonValue root, FuzzRandom random)
    {
        var all = root.All();
        var (value, parent) = random.Pick(all);
        switch (random.Next(10))
        {
            case 0 when parent?.Members is { Count: < MostCopies } members:
                members.Add(random.OneIn(2) ? random.Pick(members) : (random.Pick(members).Name, value));
                break;
            case 1 when parent is not null:
                Remove(parent, value);
                break;
            case 2 when parent?.Members is { } members:
                var at = random.Next(members.Count);
                members[at] = (Name(members[at].Name, random), members[at].Value);
                break;
            case 3:
                Nest(value, random);
                break;
            case 4 when value.Items is { Count: > 0 and < MostCopies } items:
                items.AddRange(Enumerable.Repeat(random.Pick(items), random.OneIn(20) ? 2000 : random.Next(20)));
                break;
            case 5 when random.Pick(all).Value is var other && !Contains(other, value):
                value.Become(other);
                break;
            case 6 or 7 when value.Scalar is [(byte)'"', .., (byte)'"']:
                value.Scalar = ChangeText(value.Scalar, random);
                break;
            default:
                value.Become(JsonValue.Of(random.OneIn(12) ? random.Pick(NoJson) : random.OneIn(8) ? random.Extreme().ToString(CultureInfo.InvariantCulture) : random.Pick(Scalars)));
                break;
        }
    }

    private static bool Contains(JsonValue outer, JsonValue inner) => outer.All().Any(found => ReferenceEquals(found.Value, inner));

    private static void Remove(JsonValue parent, JsonValue value)
    {
        parent.Items?.Remove(value);
        parent.Members?.RemoveAll(member => ReferenceEquals(member.Value, value));
    }

    private static void Nest(JsonValue value, FuzzRandom random)
    {
        var depth = random.Pick([1, 10, 62, 63, 64, 65, 66, 200, 5000]);
        var (open, close) = random.OneIn(2) ? ("[", "]") : ("{\"a\":", "}");
        var builder = new StringBuilder();
        builder.Insert(0, open, depth).Append(random.OneIn(2) ? "1" : "null").Insert(builder.Length, close, depth);
        value.Become(JsonValue.Of(builder.ToString()));
    }

    private static byte[] Name(byte[] name, FuzzRandom random) => Encoding.UTF8.GetBytes(random.Next(6) switch
    {
        0 => "\"\\ud800\"",
        1 => "\"\"",
        2 => "\"" + new string('n', random.OneIn(10) ? 100_000 : 300) + "\"",
        3 => "\"\\u0000\\u001b[2J\"",
        4 => Encoding.UTF8.GetString(name).ToUpperInvariant(),
        _ => "\"../" + Encoding.UTF8.GetString(name).Trim('"') + "\"",
    });

    private static byte[] ChangeText(byte[] text, FuzzRandom random) => random.Next(4) switch
    {
        0 => [(byte)'"', .. new TextMutator("\\ud800", "\\u0000", "\\n", "\\u001b").Mutate(text[1..^1], random), (byte)'"'],
        1 => RawMutator.Splice(text, 1 + random.Next(text.Length - 1), 0, random.Pick([(byte[])[0xff], [0xed, 0xa0, 0x80], [.. "\\ud83d"u8], [.. "\\udc00"u8]])),
        2 => RawMutator.Splice(text, 1 + random.Next(text.Length - 1), 0, text.AsSpan(1, text.Length - 2)),
        _ => [(byte)'"', .. Enumerable.Repeat((byte)'a', random.OneIn(20) ? 100_000 : random.Next(600)), (byte)'"'],
    };

    private static byte[] Around(byte[] content, FuzzRandom random) => random.Next(8) switch
    {
        0 => [0xef, 0xbb, 0xbf, .. content],
        1 => [0xff, 0xfe, .. Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(content))],
        2 => [.. content, .. content],
        3 => [.. "//comment\n"u8, .. content],
        4 => [.. content, .. "\0"u8],
        5 => [.. " \n\t"u8, .. content, .. "  "u8],
        6 => [],
        _ => content[..random.Next(content.Length + 1)],
    };
}
