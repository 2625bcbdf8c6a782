using System.Text;
using System.Text.Json;

namespace KubeCheckpoint.Core.Tests.Json;

/// <summary>Changes a valid document in every place: each value and each name is replaced by what parsers fail at.</summary>
internal static class HostileJson
{
    private static readonly string[] Values =
    [
        "\"\\ud800\"", "\"\\udc00x\"", "\"\"", "\"x\"", "\"\\u0000\"", "null", "true", "{}", "[]", "[[]]", "[null]", "{\"a\":{}}", "-1", "0.5", "1e999", "99999999999999999999", "NaN",
        "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59-14:00\"", "\"[\"", "\"{\\\"a\\\":\\\"\\\\ud800\\\"}\"", "\"{\\\"a\\\":1,\\\"a\\\":1}\"",
    ];

    private static readonly string[] Names = ["\"\\ud800\"", "\"\"", "\"\\udfff\\ud800\""];

    /// <summary>The changed documents.</summary>
    public static IEnumerable<byte[]> Of(string document)
    {
        var bytes = Encoding.UTF8.GetBytes(document);
        yield return bytes;
        foreach (var text in new[] { "", "null", "[]", "[1]", "\"\"", "1", "{", "{} {}", "{/**/}", "\uFEFF" + document, document + "x", new string('[', 100_000) })
            yield return Encoding.UTF8.GetBytes(text);
        yield return [.. bytes[..^1], 0xFF, .. bytes[^1..]];
        yield return Encoding.Unicode.GetBytes(document);
        foreach (var (start, length, isName) in TokensOf(bytes))
        {
            foreach (var other in isName ? Names : Values)
                yield return [.. bytes.AsSpan(0, start), .. Encoding.UTF8.GetBytes(other), .. bytes.AsSpan(start + length)];
            if (isName)
                yield return [.. bytes.AsSpan(0, start), .. bytes.AsSpan(start, length), .. ":0,"u8, .. bytes.AsSpan(start)];
            else
                yield return [.. bytes.AsSpan(0, start), .. "\"\xFF\""u8, .. bytes.AsSpan(start + length)];
        }
    }

    private static List<(int Start, int Length, bool IsName)> TokensOf(byte[] json)
    {
        var tokens = new List<(int, int, bool)>();
        var open = new Stack<int>();
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            var start = (int)reader.TokenStartIndex;
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    open.Push(start);
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    var begin = open.Pop();
                    tokens.Add((begin, (int)reader.BytesConsumed - begin, false));
                    break;
                case JsonTokenType.PropertyName:
                    tokens.Add((start, reader.ValueSpan.Length + 2, true));
                    break;
                default:
                    tokens.Add((start, (int)reader.BytesConsumed - start, false));
                    break;
            }
        }
        return tokens;
    }
}
