using System.Collections;
using System.Globalization;
using System.Numerics;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>
/// Converts values that users give to the types of their fields: any kind of number or its text, decimal or 0x; enumerations by name or
/// number; bytes as an array of bytes or numbers, or as text in crit's encoding.
/// </summary>
internal static class EntryValue
{
    /// <summary>The value of a numeric field, sign-extended to 64 bits.</summary>
    public static ulong ToBits(CriuField field, object value) => (field.Kind, value) switch
    {
        (CriuFieldKind.UInt64 or CriuFieldKind.Fixed64, ulong exact) => exact,
        (CriuFieldKind.UInt32 or CriuFieldKind.Fixed32, uint exact) => exact,
        (CriuFieldKind.Bool, bool exact) => exact ? 1UL : 0,
        (CriuFieldKind.Bool, string text) when bool.TryParse(text, out var parsed) => parsed ? 1UL : 0,
        (CriuFieldKind.Enumeration, string name) when field.ValueOf(name.Trim()) is { } named => (ulong)named,
        (CriuFieldKind.Bool, _) => (ulong)ToNumber(field, value, 0, 1),
        (CriuFieldKind.Int32 or CriuFieldKind.SInt32 or CriuFieldKind.Enumeration, _) => (ulong)(long)ToNumber(field, value, int.MinValue, int.MaxValue),
        (CriuFieldKind.Int64 or CriuFieldKind.SInt64, _) => (ulong)(long)ToNumber(field, value, long.MinValue, long.MaxValue),
        (CriuFieldKind.UInt32 or CriuFieldKind.Fixed32, _) => (ulong)ToNumber(field, value, 0, uint.MaxValue),
        _ => (ulong)ToNumber(field, value, 0, ulong.MaxValue),
    };

    /// <summary>The bytes of a field of bytes or text.</summary>
    public static byte[] ToBytes(CriuField field, object value) =>
        value is string text && field.IsQuotedPrintable ? QuotedPrintable.Decode(text)
        : field.Kind == CriuFieldKind.Text && value is not (byte[] or IEnumerable) ? throw new EntryValueException($"a {Describe(value)} is not text")
        : ToBytes(value);

    /// <summary>Bytes given as such, as numbers, or in base64.</summary>
    public static byte[] ToBytes(object value)
    {
        if (value is byte[] bytes)
            return bytes;
        if (value is string text)
            return FromBase64(text);
        if (value is not IEnumerable numbers)
            throw new EntryValueException($"a {Describe(value)} is not an array of bytes");
        var result = new List<byte>();
        foreach (var number in numbers)
        {
            if (!TryParse(number, out var octet) || octet < 0 || octet > byte.MaxValue)
                throw new EntryValueException($"[{result.Count}] is not a byte");
            result.Add((byte)octet);
        }
        return [.. result];
    }

    /// <summary>A number between two others.</summary>
    public static BigInteger ToNumber(object? value, BigInteger minimum, BigInteger maximum) =>
        !TryParse(value, out var number) ? throw new EntryValueException($"{Describe(value)} is not a whole number")
        : number < minimum || number > maximum ? throw new EntryValueException($"{number} is not between {minimum} and {maximum}")
        : number;

    private static BigInteger ToNumber(CriuField field, object value, BigInteger minimum, BigInteger maximum) =>
        field.Kind == CriuFieldKind.Enumeration && !TryParse(value, out _)
            ? throw new EntryValueException($"{Describe(value)} is none of {string.Join(", ", field.ValueNames)}, nor a number")
            : ToNumber(value, minimum, maximum);

    private static bool TryParse(object? value, out BigInteger number)
    {
        number = default;
        switch (value)
        {
            case string text:
                return TryParseText(text.AsSpan().Trim(), out number);
            case BigInteger big:
                number = big;
                return true;
            case double or float when Convert.ToDouble(value, CultureInfo.InvariantCulture) is var real && double.IsInteger(real):
                number = new BigInteger(real);
                return true;
            case decimal exact when decimal.IsInteger(exact):
                number = new BigInteger(exact);
                return true;
            case ulong large:
                number = large;
                return true;
            case byte or sbyte or short or ushort or int or uint or long or Enum:
                number = Convert.ToInt64(value, CultureInfo.InvariantCulture);
                return true;
            default:
                return false;
        }
    }

    // Text longer than a 64-bit number is not a number, and parsing it would be slow.
    private static bool TryParseText(ReadOnlySpan<char> text, out BigInteger number)
    {
        number = default;
        if (text.Length > 24)
            return false;
        return text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? BigInteger.TryParse($"0{text[2..]}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number) && text.Length > 2
            : BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    private static byte[] FromBase64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw new EntryValueException("the text is not base64");
        }
    }

    private static string Describe(object? value) => value switch
    {
        null => "null",
        string { Length: <= 64 } text => $"'{text}'",
        string => "a long text",
        IFormattable number when value.GetType().IsPrimitive || value is decimal => number.ToString(null, CultureInfo.InvariantCulture),
        CriuObject => "object",
        _ => value.GetType().Name,
    };
}
