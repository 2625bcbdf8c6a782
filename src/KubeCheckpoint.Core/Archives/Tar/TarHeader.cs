using System.Text;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// The fields of one 512-byte tar header block (POSIX ustar and GNU, which agree on these offsets). The BCL's TarReader does
/// not verify checksums and allocates extended headers by the size they claim, and SharpCompress gives no data offsets: archives
/// may come from hostile containers and are indexed by offset, so the few fields are parsed here.
/// </summary>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    public const int BlockSize = 512;

    private const int PermissionBits = 0xfff;

    private readonly ReadOnlySpan<byte> _block = block;

    public bool IsZero => !_block.ContainsAnyExcept((byte)0);

    public char TypeFlag => (char)_block[156];

    /// <summary>The name field, with ustar's prefix field before it. GNU headers use the prefix for other fields.</summary>
    public string Name
    {
        get
        {
            var name = Text(_block[..100]);
            var prefix = _block[257..263].SequenceEqual("ustar\0"u8) ? Text(_block[345..500]) : "";
            return prefix.Length == 0 ? name : $"{prefix}/{name}";
        }
    }

    /// <summary>The data's size in bytes; false where the field holds no number, a negative one or one beyond 63 bits.</summary>
    public bool TryGetSize(out long size) => TryParseNumber(_block[124..136], out size) && size >= 0;

    public DateTimeOffset? ModifiedAt =>
        TryParseNumber(_block[136..148], out var seconds) && seconds is > 0 and < 253402300800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    /// <summary>Whether the fields after those of ustar are those of GNU tar.</summary>
    public bool IsGnu => _block[257..265].SequenceEqual("ustar  \0"u8);

    /// <summary>The target of a link, or null.</summary>
    public string? LinkName => NonEmpty(_block[157..257]);

    /// <summary>The other attributes; PAX records take precedence.</summary>
    public TarAttributes ToAttributes(PaxRecords pax, string? longLink) => new(
        TypeFlag,
        TryParseNumber(_block[100..108], out var mode) ? (int)mode & PermissionBits : 0,
        pax.UserId ?? Number(_block[108..116]),
        pax.GroupId ?? Number(_block[116..124]),
        pax.UserName ?? NonEmpty(_block[265..297]),
        pax.GroupName ?? NonEmpty(_block[297..329]),
        pax.LinkPath ?? longLink ?? LinkName,
        pax.ModifiedAt ?? ModifiedAt,
        pax.Attributes);

    /// <summary>The checksum is the sum of all bytes with spaces in the checksum field; some old tars summed signed bytes.</summary>
    public bool HasValidChecksum()
    {
        if (!TryParseNumber(_block[148..156], out var expected))
            return false;
        long unsigned = 8 * ' ', signed = 8 * ' ';
        for (var index = 0; index < BlockSize; index++)
        {
            if (index is >= 148 and < 156)
                continue;
            unsigned += _block[index];
            signed += (sbyte)_block[index];
        }
        return expected == unsigned || expected == signed;
    }

    public static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>Parses octal digits, or, with the top bit of the first byte set, GNU's big-endian two's complement ("base-256").</summary>
    public static bool TryParseNumber(ReadOnlySpan<byte> field, out long value) =>
        (field[0] & 0x80) != 0 ? TryParseBase256(field, out value) : TryParseOctal(field, out value);

    private static string? NonEmpty(ReadOnlySpan<byte> field) => Text(field) is { Length: > 0 } text ? text : null;

    private static long? Number(ReadOnlySpan<byte> field) => TryParseNumber(field, out var value) ? value : null;

    private static bool TryParseBase256(ReadOnlySpan<byte> field, out long value)
    {
        value = field[0] & 0x7f;
        if ((field[0] & 0x40) != 0)
            return false;
        foreach (var octet in field[1..])
        {
            if (value > long.MaxValue >> 8)
                return false;
            value = (value << 8) | octet;
        }
        return true;
    }

    private static bool TryParseOctal(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        field = field.Trim(" \0"u8);
        foreach (var digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return false;
            value = (value << 3) | (long)(digit - '0');
        }
        return true;
    }
}
