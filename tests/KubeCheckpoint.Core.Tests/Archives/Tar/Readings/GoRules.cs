using System.Globalization;
using System.Numerics;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Archives.Tar.Readings;

/// <summary>
/// How Go's archive/tar reads a tar, which containerd, CRI-O, Podman, Buildah and skopeo use: written from its documentation and behavior, to be
/// compared with. It knows nothing of what the module refuses.
/// </summary>
internal sealed class GoRules
{
    private const int Block = 512;
    private const int LargestExtension = 1 << 20;

    private readonly byte[] _tar;
    private int _position;
    private Dictionary<string, byte[]> _records = [];
    private byte[] _longName = [];
    private byte[] _longLink = [];

    private GoRules(byte[] tar) => _tar = tar;

    /// <summary>The members, without global headers and the root; null where Go ends with an error, at the latest when it reads the data.</summary>
    public static IReadOnlyList<TarEntry>? Read(byte[] tar)
    {
        try
        {
            var reader = new GoRules(tar);
            var entries = new List<TarEntry>();
            while (reader.Next() is { } entry)
                entries.Add(entry);
            return [.. entries.Where(entry => entry is { Type: not 'g', Name.Length: > 0 })];
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private TarEntry? Next()
    {
        // What describes the next member is forgotten at each return, and so at a global header.
        (_records, _longName, _longLink) = ([], [], []);
        while (ReadHeader() is { } header)
        {
            switch (header.Type)
            {
                case 'x':
                    _records = Records(Extension(header.Size));
                    break;
                case 'g':
                    _ = Records(Extension(header.Size));
                    return new TarEntry("", 'g', 0, 0, 0, "", "");
                case 'L':
                    _longName = Text(Extension(header.Size)).ToArray();
                    break;
                case 'K':
                    _longLink = Text(Extension(header.Size)).ToArray();
                    break;
                default:
                    return Member(header);
            }
        }
        return null;
    }

    private TarEntry Member(Header header)
    {
        var start = _position - Block;
        // An empty value keeps that of the header.
        var name = Record("path") ?? header.Name;
        var link = Record("linkpath") ?? header.Link;
        var size = Record("size") is { } recorded ? Decimal(recorded) : header.Size;
        foreach (var number in new[] { "uid", "gid" })
        {
            if (Record(number) is { } value)
                Decimal(value);
        }
        foreach (var time in new[] { "atime", "mtime", "ctime" })
        {
            if (Record(time) is { } value)
                CheckTime(value);
        }
        if (_longName.Length > 0)
            name = _longName;
        if (_longLink.Length > 0)
            link = _longLink;
        var type = header.Type != '\0' ? header.Type : name is [.., (byte)'/'] ? '5' : '0';
        var physical = HasData(type) ? size : 0;
        Check(physical >= 0);

        var ranges = type == 'S' ? OldSparse(header, out size) : PaxSparse(ref name, ref size, ref physical);
        if (ranges is not null)
            CheckSparse(ranges, size, physical, type);
        var offset = _position;
        Check(physical <= _tar.Length - _position);
        _position = (int)Math.Min(_tar.Length, offset + Padded(physical));
        return new TarEntry(
            TarEntry.Clean(TarEntry.Decode(name)),
            type,
            HasData(type) ? size : 0,
            start,
            offset,
            type is '1' or '2' ? TarEntry.Decode(link) : "",
            ranges is null ? "" : TarEntry.Ranges(ranges));
    }

    private Header? ReadHeader()
    {
        if (_tar.Length == _position)
            return null;
        var block = Take(Block);
        if (!block.ContainsAnyExcept((byte)0))
        {
            // A tar ends with two blocks of zeros, or with one and the file.
            Check(_tar.Length == _position || !Take(Block).ContainsAnyExcept((byte)0));
            return null;
        }

        var sum = Octal(block[148..156]);
        long unsigned = 8 * ' ', signed = 8 * ' ';
        for (var i = 0; i < Block; i += i == 147 ? 9 : 1)
            (unsigned, signed) = (unsigned + block[i], signed + (sbyte)block[i]);
        Check(sum == unsigned || sum == signed);

        var size = Number(block[124..136]);
        foreach (var range in new[] { 100..108, 108..116, 116..124, 136..148 })
            Number(block[range]);
        var isUstar = block[257..263].SequenceEqual("ustar\0"u8);
        var isStar = isUstar && block[508..].SequenceEqual("tar\0"u8);
        var isGnu = block[257..265].SequenceEqual("ustar  \0"u8);
        if (isUstar || isGnu)
            _ = (Number(block[329..337]), Number(block[337..345]));
        var prefix = isStar ? Text(block[345..476]) : isUstar ? Text(block[345..500]) : [];
        if (isStar)
            _ = (Number(block[476..488]), Number(block[488..500]));

        // Old Go wrote ustar's prefix into headers of GNU tar.
        if (isGnu && (HasText(block[345..357]) || HasText(block[357..369])) && !Text(block[345..500]).ContainsAnyInRange((byte)0x80, (byte)0xff))
            prefix = Text(block[345..500]);
        byte[] name = prefix.Length == 0 ? [.. Text(block[..100])] : [.. prefix, (byte)'/', .. Text(block[..100])];
        var type = (char)block[156];
        Check(size >= 0 || !HasData(type));
        return new Header(type, name, [.. Text(block[157..257])], size, isGnu, [.. block]);
    }

    private byte[] Extension(long size)
    {
        Check(size <= LargestExtension && size <= _tar.Length - _position);
        byte[] data = [.. Take((int)size)];
        _position = (int)Math.Min(_tar.Length, _position - size + Padded(size));
        return data;
    }

    private static Dictionary<string, byte[]> Records(ReadOnlySpan<byte> data)
    {
        var records = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var map = new List<byte[]>();
        while (!data.IsEmpty)
        {
            var space = data.IndexOf((byte)' ');
            Check(space >= 0);
            var length = Decimal(data[..space].ToArray());
            Check(length >= 5 && length <= data.Length && length > space + 1 && data[(int)length - 1] == '\n');
            var record = data[(space + 1)..((int)length - 1)];
            var equals = record.IndexOf((byte)'=');
            Check(equals > 0);
            var (key, value) = (Encoding.Latin1.GetString(record[..equals]), record[(equals + 1)..].ToArray());
            Check(!(key is "path" or "linkpath" or "uname" or "gname" ? value.Contains((byte)0) : key.Contains('\0', StringComparison.Ordinal)));
            if (key is "GNU.sparse.offset" or "GNU.sparse.numbytes")
            {
                Check(key == (map.Count % 2 == 0 ? "GNU.sparse.offset" : "GNU.sparse.numbytes") && !value.Contains((byte)','));
                map.Add(value);
            }
            else
            {
                records[key] = value;
            }
            data = data[(int)length..];
        }
        if (map.Count > 0)
            records["GNU.sparse.map"] = Encoding.Latin1.GetBytes(string.Join(',', map.Select(Encoding.Latin1.GetString)));
        return records;
    }

    private List<(long Start, long Length)> OldSparse(Header header, out long size)
    {
        Check(header.IsGnu);
        ReadOnlySpan<byte> block = header.Block;
        size = Number(block[483..495]);
        var ranges = new List<(long, long)>();
        var entries = block[386..482];
        var flag = block[482];
        while (true)
        {
            for (; entries.Length >= 24 && entries[0] != 0; entries = entries[24..])
                ranges.Add((Number(entries[..12]), Number(entries[12..24])));
            if (flag == 0)
                return ranges;
            block = Take(Block);
            entries = block[..504];
            flag = block[504];
        }
    }

    private List<(long Start, long Length)>? PaxSparse(ref byte[] name, ref long size, ref long physical)
    {
        string? Value(string key) => Record("GNU.sparse." + key) is { } value ? Encoding.Latin1.GetString(value) : null;

        var version = (Value("major") ?? "") + "." + (Value("minor") ?? "");
        if (version is not ("0.0" or "0.1" or "1.0") && (version != "." || Value("map") is null))
            return null;
        name = Record("GNU.sparse.name") ?? name;
        if ((Record("GNU.sparse.size") ?? Record("GNU.sparse.realsize")) is { } real)
            size = Decimal(real);
        if (version == "1.0")
            return DataMap(ref physical);

        var count = Decimal(Record("GNU.sparse.numblocks") ?? []);
        var numbers = Value("map")?.Split(',') ?? [];
        Check(count >= 0 && numbers.Length == new BigInteger(count) * 2);
        return [.. numbers.Chunk(2).Select(pair => (Decimal(Encoding.Latin1.GetBytes(pair[0])), Decimal(Encoding.Latin1.GetBytes(pair[1]))))];
    }

    private List<(long Start, long Length)> DataMap(ref long physical)
    {
        var text = new List<byte>();
        var line = 0;
        var left = physical;
        var count = Line();
        Check(count is >= 0 and < int.MaxValue);
        var ranges = new List<(long, long)>();
        for (; count > 0; count--)
            ranges.Add((Line(), Line()));
        physical = left;
        return ranges;

        long Line()
        {
            int end;
            while ((end = text.IndexOf((byte)'\n', line)) < 0)
            {
                Check(left >= Block);
                text.AddRange(Take(Block));
                left -= Block;
            }
            var number = Decimal([.. text[line..end]]);
            line = end + 1;
            return number;
        }
    }

    // A range that is not stored, and stored bytes of no range, are found when the data is read.
    private static void CheckSparse(List<(long Start, long Length)> ranges, long size, long physical, char type)
    {
        Check(HasData(type) && size >= 0);
        var end = 0L;
        foreach (var (start, length) in ranges)
        {
            Check(start >= 0 && length >= 0 && start <= long.MaxValue - length && start + length <= size && start >= end);
            end = start + length;
        }
        Check(ranges.Sum(range => range.Length) == physical);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        Check(count <= _tar.Length - _position);
        return _tar.AsSpan((_position += count) - count, count);
    }

    private byte[]? Record(string key) => _records.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    private static bool HasData(char type) => type is not (>= '1' and <= '6');

    private static long Padded(long size) => (size + Block - 1) / Block * Block;

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field) => field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field;

    private static bool HasText(ReadOnlySpan<byte> field)
    {
        try
        {
            return field[0] != 0 && Number(field) == long.MinValue;
        }
        catch (FormatException)
        {
            return true;
        }
    }

    // Binary numbers are two's complement; the top bit of the first byte marks them.
    private static long Number(ReadOnlySpan<byte> field)
    {
        if (field[0] < 0x80)
            return Octal(field);
        byte[] bytes = [.. field];
        bytes[0] = (byte)((bytes[0] & 0x40) != 0 ? bytes[0] | 0x80 : bytes[0] & 0x7f);
        var number = new BigInteger(bytes, isBigEndian: true);
        Check(number >= long.MinValue && number <= long.MaxValue);
        return (long)number;
    }

    private static long Octal(ReadOnlySpan<byte> field)
    {
        field = Text(field.Trim(" \0"u8));
        Check(!field.ContainsAnyExceptInRange((byte)'0', (byte)'7'));
        var number = 0L;
        foreach (var digit in field)
            number = (number << 3) | (long)(digit - '0');
        return number;
    }

    private static long Decimal(byte[] text)
    {
        Check(long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number));
        return number;
    }

    private static void CheckTime(byte[] text)
    {
        var point = Array.IndexOf(text, (byte)'.');
        Decimal(point < 0 ? text : text[..point]);
        Check(point < 0 || !text.AsSpan(point + 1).ContainsAnyExceptInRange((byte)'0', (byte)'9'));
    }

    private static void Check(bool holds)
    {
        if (!holds)
            throw new FormatException();
    }

    private sealed record Header(char Type, byte[] Name, byte[] Link, long Size, bool IsGnu, byte[] Block);
}
