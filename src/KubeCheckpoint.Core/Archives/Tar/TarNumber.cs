namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// The numbers of tar headers. Only forms that all programs read alike are numbers: GNU tar also takes base 64 and text after the digits, Go's
/// archive/tar skips zero bytes before them, and Python stops at the first.
/// </summary>
internal static class TarNumber
{
    private const byte Positive = 0x80;
    private const byte Negative = 0xff;

    /// <summary>Parses octal digits, or GNU's big-endian two's complement ("base-256"). A field of zero bytes is zero.</summary>
    /// <param name="field">The field.</param>
    /// <param name="value">The number.</param>
    public static bool TryParse(ReadOnlySpan<byte> field, out long value) =>
        field[0] is Positive or Negative ? TryParseBase256(field, out value) : TryParseOctal(field, out value);

    /// <summary>Parses octal digits: spaces may precede them, and spaces and zero bytes follow them.</summary>
    /// <param name="field">The field.</param>
    /// <param name="value">The number.</param>
    public static bool TryParseOctal(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if (!field.ContainsAnyExcept((byte)0))
            return true;
        var digits = field.TrimStart((byte)' ').TrimEnd(" \0"u8);
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return false;
            value = (value << 3) | (long)(digit - '0');
        }
        return !digits.IsEmpty;
    }

    private static bool TryParseBase256(ReadOnlySpan<byte> field, out long value)
    {
        var sign = field[0] == Negative ? -1L : 0;
        value = sign;
        foreach (var octet in field[1..])
        {
            // The bits that are shifted out, and the sign, are copies of the sign.
            if (value >> 55 != sign)
                return false;
            value = (value << 8) | octet;
        }
        return true;
    }
}
