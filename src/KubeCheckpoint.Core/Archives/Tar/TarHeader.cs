using System.Text;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// The fields of one 512-byte tar header block (POSIX ustar and GNU, which agree on these offsets). The BCL's TarReader does
/// not verify checksums and allocates extended headers by the size they claim, and SharpCompress gives no data offsets: archives
/// may come from hostile containers and are indexed by offset, so the few fields are parsed here.
/// </summary>
/// <param name="block">The block.</param>
/// <param name="encoding">The encoding of names. Default: UTF-8.</param>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block, Encoding? encoding = null)
{
    public const int BlockSize = 512;

    /// <summary>The largest number of an owner or group in Linux.</summary>
    public const long LargestOwner = uint.MaxValue;

    private const int PermissionBits = 0xfff;

    private readonly ReadOnlySpan<byte> _block = block;
    private readonly Encoding _encoding = encoding ?? Encoding.UTF8;

    public bool IsZero => !_block.ContainsAnyExcept((byte)0);

    public char TypeFlag => (char)_block[156];

    /// <summary>The name field, with ustar's prefix field before it. GNU headers use the prefix for other fields.</summary>
    public string Name
    {
        get
        {
            var prefix = IsUstar ? Decode(Prefix) : "";
            return prefix.Length == 0 ? Decode(NameField) : $"{prefix}/{Decode(NameField)}";
        }
    }

    /// <summary>Whether the name field alone, without the prefix, ends in the slash of a folder.</summary>
    public bool HasNameOfFolder => Decode(NameField).EndsWith('/');

    /// <summary>The data's size in bytes; false where the field holds no number, a negative one or one beyond 63 bits.</summary>
    public bool TryGetSize(out long size) => TarNumber.TryParse(_block[124..136], out size) && size >= 0;

    public DateTimeOffset? ModifiedAt =>
        TarNumber.TryParse(_block[136..148], out var seconds) && seconds is > 0 and < 253402300800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    /// <summary>Whether the fields after those of ustar are those of GNU tar.</summary>
    public bool IsGnu => _block[257..265].SequenceEqual("ustar  \0"u8);

    /// <summary>Whether GNU tar looks for a sparse map in PAX records: not after a header of its own format, or one that has the times of star.</summary>
    public bool IsPax => IsUstar && !IsStar && _block[487] != ' ' && _block[499] != ' ';

    /// <summary>The target of a link, or null.</summary>
    public string? LinkName => NonEmpty(_block[157..257]);

    private bool IsUstar => _block[257..263].SequenceEqual("ustar\0"u8);

    private bool IsStar => IsUstar && _block[508..].SequenceEqual("tar\0"u8);

    private ReadOnlySpan<byte> NameField => _block[..100];

    // That of star is shorter, and times follow it.
    private ReadOnlySpan<byte> Prefix => _block[345..500];

    /// <summary>The other attributes; PAX records take precedence.</summary>
    public TarAttributes ToAttributes(PaxRecords pax, string? longLink) => new(
        TypeFlag,
        TarNumber.TryParse(_block[100..108], out var mode) ? (int)mode & PermissionBits : 0,
        pax.UserId ?? Number(_block[108..116]),
        pax.GroupId ?? Number(_block[116..124]),
        pax.UserName ?? (IsUstar || IsGnu ? NonEmpty(_block[265..297]) : null),
        pax.GroupName ?? (IsUstar || IsGnu ? NonEmpty(_block[297..329]) : null),
        pax.LinkPath ?? longLink ?? LinkName,
        pax.ModifiedAt ?? ModifiedAt,
        pax.Attributes);

    /// <summary>The checksum is the sum of all bytes with spaces in the checksum field; some old tars summed signed bytes.</summary>
    public bool HasValidChecksum()
    {
        if (!TarNumber.TryParseOctal(_block[148..156], out var expected))
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

    /// <summary>Why programs would read the header in different ways or not at all; null where all read it alike.</summary>
    public string? FindProblem()
    {
        if (!IsUstar && !IsGnu && (_block[257..265].ContainsAnyExcept((byte)0) || Prefix.ContainsAnyExcept((byte)0)))
            return "a header has neither the magic number of ustar nor that of GNU tar";
        if (!TryGetSize(out _))
            return "the size field of a header is not valid";
        if (!AreNumbers(_block[100..108], 8) || !AreNumbers(_block[136..148], 12))
            return "the mode or time of a header is not a number";
        if (Number(_block[108..116]) is not (>= 0 and <= LargestOwner) || Number(_block[116..124]) is not (>= 0 and <= LargestOwner))
            return "the owner or group of a header is not a number of 32 bits";
        if (!AreNumbers(_block[329..345], 8))
            return "the device number of a header is not a number";
        if (IsGnu && !AreNumbers(_block[345..369], 12))
            return "a header of GNU tar has text in place of times";
        return IsStar && (!Prefix[..131].Contains((byte)0) || !AreNumbers(_block[476..500], 12))
            ? "a header of star has a name that continues in place of times"
            : null;
    }

    public static string Text(ReadOnlySpan<byte> field, Encoding? encoding = null)
    {
        var end = field.IndexOf((byte)0);
        return (encoding ?? Encoding.UTF8).GetString(end < 0 ? field : field[..end]);
    }

    private string Decode(ReadOnlySpan<byte> field) => Text(field, _encoding);

    private static bool AreNumbers(ReadOnlySpan<byte> fields, int size)
    {
        for (; !fields.IsEmpty; fields = fields[size..])
        {
            if (!TarNumber.TryParse(fields[..size], out _))
                return false;
        }
        return true;
    }

    private string? NonEmpty(ReadOnlySpan<byte> field) => Decode(field) is { Length: > 0 } text ? text : null;

    private static long? Number(ReadOnlySpan<byte> field) => TarNumber.TryParse(field, out var value) ? value : null;
}
