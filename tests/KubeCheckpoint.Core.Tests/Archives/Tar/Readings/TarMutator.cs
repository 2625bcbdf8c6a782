using System.Globalization;
using System.Text;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Tar.Readings;

/// <summary>Tars with one to three mutations of their headers. It knows the fields, so that most mutations reach the rules behind the checksum.</summary>
internal sealed class TarMutator(int seed)
{
    private static readonly string[] Formats = ["ustar\u000000", "ustar  \0", "\0\0\0\0\0\0\0\0"];

    private static readonly byte[][] Numbers =
    [
        [.. "00000000003\0"u8], [.. "3\0"u8], [.. "          3\0"u8], [.. "00000000003 "u8], [.. "000000000003"u8], [.. "3 \0 \0"u8], [.. " 3 "u8],
        [], [.. "            "u8], [.. "\0 3"u8], [.. "\0003"u8], [.. "3\0007"u8], [.. "3x"u8], [.. "+3"u8], [.. "-3"u8], [.. "8"u8], [.. "0x3"u8], [.. "0o3"u8],
        [.. "3_0"u8], [.. "\t3"u8], [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3], [0x80, 0, 0, 0, 0, 0, 0, 3], [0x81, 0, 0, 0, 0, 0, 0, 3], [0xc0, 0, 0, 0, 0, 0, 0, 3],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfd], [0x80, 1], [0x80, 0, 0, 0, 0x80], [0xff, 0], [.. "+AAAAAAAAAAD"u8],
        [.. "777777777777"u8], [.. "00000002000\0"u8], [.. "00000001000\0"u8], [.. "1000"u8],
    ];

    private static readonly (int Start, int Length)[] NumberFields =
        [(124, 12), (124, 12), (124, 12), (100, 8), (108, 8), (116, 8), (136, 12), (148, 8), (329, 8), (337, 8), (345, 12), (357, 12), (476, 12), (488, 12), (483, 12), (386, 12), (398, 12)];

    private static readonly string[] Magics = ["ustar\u000000", "ustar  \0", "ustar\u0000\0\0", "ustar 00", "ustar\0  ", "USTAR\u000000", "\0\0\0\0\0\0\0\0", "ustar00\0", "ustar   "];

    private static readonly string[] Names =
    [
        "a", "a/", "./a", "/a", "a//b", "a/../b", "..", ".", "./", "/", "", "a\0b", "a/\0b", "folder/", "folder", "folder/file", "file/inside", "link/inside", "\n", "a b",
        "é", "\\", "\"", " a", "a ", new('n', 100), new string('n', 99) + "/", new('n', 200), "x/" + new string('n', 120) + "/", "path\0", "\0path",
    ];

    private static readonly string[] Records =
    [
        "path=b", "path=b/", "path=", "path=a\0b", "path=../b", "path=é", "linkpath=file", "linkpath=", "size=3", "size=0", "size=512", "size=", "size=-3", "size=+3", "size=03", "size=3 ",
        "size=9223372036854775807", "size=9223372036854775808", "uid=0", "uid=", "uid=-1", "uid=x", "gid=1.0", "mtime=1.5", "mtime=-1.5", "mtime=.5", "mtime=1.", "mtime=1e5",
        "mtime=", "atime=x", "ctime=x", "atime=1", "uname=", "uname=a\0", "gname=g", "comment=c", "comment=", "=x", "a=b=c", "a\0b=c", "a", "hdrcharset=BINARY", "charset=x", "SCHILY.xattr.a=b",
        "SCHILY.xattr.a=c", "SCHILY.realsize=9", "GNU.sparse.major=1", "GNU.sparse.major=0", "GNU.sparse.minor=0", "GNU.sparse.minor=1", "GNU.sparse.name=s", "GNU.sparse.name=",
        "GNU.sparse.size=9", "GNU.sparse.realsize=9", "GNU.sparse.realsize=x", "GNU.sparse.numblocks=1", "GNU.sparse.numblocks=0", "GNU.sparse.map=0,3", "GNU.sparse.map=",
        "GNU.sparse.map=0", "GNU.sparse.map=6,3", "GNU.sparse.offset=0", "GNU.sparse.numbytes=3", "GNU.sparse.offset=0,3", "GNU.sparse.other=1",
    ];

    private const string Types = "0000\0\0\0122555345678SxxxgLKVMNDXAz+\t ";

    private readonly Random _random = new(seed);

    /// <summary>A tar, and what was done to it.</summary>
    public (byte[] Tar, string What) Next()
    {
        var units = Base();
        var what = new List<string>();
        for (var count = _random.Next(10) switch { < 7 => 1, < 9 => 2, _ => 3 }; count > 0; count--)
            what.Add(Mutate(units));
        var end = _random.Next(40) switch { 0 => Array.Empty<byte>(), 1 => new byte[512], 2 => [.. new byte[1024], .. Header("after", '0', 0, Formats[0])], 3 => new byte[700], _ => new byte[1024] };
        return ([.. units.SelectMany(unit => unit), .. end], string.Join(", ", what));
    }

    // One unit is a header with its data.
    private List<byte[]> Base()
    {
        var format = Formats[_random.Next(5) % 3];
        var units = new List<byte[]> { File("file", '0', "one", format), Header("folder/", '5', 0, format), File("folder/file", '0', new string('d', 600), format) };
        if (_random.Next(2) == 0)
            units.Add(Header("old/", '\0', 0, format));
        if (_random.Next(2) == 0)
            units.Add(Header("link", '2', 0, format, "folder"));
        if (_random.Next(2) == 0)
            units.Add(Header("hard", '1', 0, format, "file"));
        if (_random.Next(3) == 0)
            units.AddRange([Pax("path=long/name", "mtime=1.5"), File("short", '0', "pax", format)]);
        if (_random.Next(3) == 0)
            units.AddRange([Long('L', "gnu/name"), File("short", '0', "gnu", format)]);
        if (_random.Next(3) == 0)
            units.AddRange(Sparse());
        units.Add(File("last", _random.Next(2) == 0 ? '0' : '\0', "end", format));
        return units;
    }

    private List<byte[]> Sparse()
    {
        var format = new[] { "gnu", "0.0", "0.1", "1.0" }[_random.Next(4)];
        var tar = new TarBuilder().Sparse("sparse", format, 1024, [(0, 512), (1024, 0)], new byte[512]).Cut();
        if (format == "gnu")
            return [tar];
        var first = 512 + ((int)Convert.ToInt64(Encoding.ASCII.GetString(tar, 124, 11), 8) + 511) / 512 * 512;
        return [tar[..first], tar[first..]];
    }

    private string Mutate(List<byte[]> units)
    {
        var index = _random.Next(units.Count);
        var unit = units[index];
        if (unit.Length < 512)
            return "nothing";
        var name = Encoding.ASCII.GetString(unit, 0, 6).TrimEnd('\0');
        switch (_random.Next(12))
        {
            case < 3:
                var (start, length) = NumberFields[_random.Next(NumberFields.Length)];
                Put(unit, start, length, Numbers[_random.Next(Numbers.Length)]);
                return Signed(unit, $"number at {start} of {name}", start != 148);
            case 3:
                unit[156] = (byte)Types[_random.Next(Types.Length)];
                return Signed(unit, $"type of {name}");
            case 4:
                Put(unit, 257, 8, Encoding.Latin1.GetBytes(Magics[_random.Next(Magics.Length)]));
                if (_random.Next(4) == 0)
                    "tar\0"u8.CopyTo(unit.AsSpan(508));
                return Signed(unit, $"magic of {name}");
            case 5:
                Put(unit, 0, 100, Bytes(Names[_random.Next(Names.Length)]));
                return Signed(unit, $"name of {name}");
            case 6:
                var field = new[] { (345, 155), (345, 131), (157, 100), (345, 24) }[_random.Next(4)];
                Put(unit, field.Item1, field.Item2, Bytes(_random.Next(4) == 0 ? new string('p', field.Item2) : Names[_random.Next(Names.Length)]));
                return Signed(unit, $"text at {field.Item1} of {name}");
            case 7:
                units.Insert(index, Pax([.. Enumerable.Range(0, _random.Next(1, 5)).Select(_ => Records[_random.Next(Records.Length)])]));
                return $"PAX header before {name}";
            case 8:
                units.Insert(index, Long(_random.Next(3) == 0 ? 'K' : 'L', Names[_random.Next(Names.Length)], _random.Next(3)));
                return $"long name before {name}";
            case 9:
                return Reorder(units, index, name);
            case 10:
                var global = Pax(Records[_random.Next(Records.Length)]);
                global[156] = (byte)'g';
                TarBuilder.Sign(global.AsSpan(0, 512));
                units.Insert(index, global);
                return $"global header before {name}";
            default:
                return Scratch(units, index, name);
        }
    }

    private string Reorder(List<byte[]> units, int index, string name)
    {
        switch (_random.Next(4))
        {
            case 0:
                units.Insert(_random.Next(units.Count + 1), [.. units[index]]);
                return $"{name} twice";
            case 1:
                units.RemoveAt(index);
                return $"no {name}";
            case 2:
                units.Insert(index, new byte[512]);
                return $"zeros before {name}";
            default:
                var other = _random.Next(units.Count);
                (units[index], units[other]) = (units[other], units[index]);
                return $"{name} elsewhere";
        }
    }

    private string Scratch(List<byte[]> units, int index, string name)
    {
        var unit = units[index];
        if (_random.Next(6) == 0)
        {
            units[index] = unit[.._random.Next(unit.Length)];
            return $"{name} cut";
        }
        // The data of an extended header is the text of records.
        var position = unit[156] is (byte)'x' or (byte)'L' && unit.Length > 512 && _random.Next(2) == 0 ? _random.Next(512, Math.Min(unit.Length, 560)) : _random.Next(512);
        unit[position] = _random.Next(4) switch { 0 => 0, 1 => (byte)'/', 2 => (byte)('0' + _random.Next(10)), _ => (byte)_random.Next(256) };
        return Signed(unit, $"byte {position} of {name}", _random.Next(20) > 0);
    }

    private static string Signed(byte[] unit, string what, bool sign = true)
    {
        if (sign)
            TarBuilder.Sign(unit.AsSpan(0, 512));
        return what;
    }

    // Either what was there stays behind the new text, or zeros do.
    private void Put(byte[] unit, int start, int length, byte[] value)
    {
        if (_random.Next(4) > 0)
            unit.AsSpan(start, length).Clear();
        value.AsSpan(0, Math.Min(value.Length, length)).CopyTo(unit.AsSpan(start));
    }

    private byte[] Bytes(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > 0 && _random.Next(12) == 0)
            bytes[_random.Next(bytes.Length)] = 0xff;
        return bytes;
    }

    private byte[] Long(char type, string text, int end = 0)
    {
        byte[] bytes = [.. Bytes(text), .. end == 0 ? [0] : end == 1 ? Array.Empty<byte>() : "\0\0x"u8.ToArray()];
        var unit = Header("././@LongLink", type, bytes.Length, Formats[1]);
        var padding = new byte[(512 - bytes.Length % 512) % 512];
        if (end == 1 && padding.Length > 0 && _random.Next(2) == 0)
            padding[0] = (byte)'y';
        return [.. unit, .. bytes, .. padding];
    }

    private byte[] Pax(params string[] records)
    {
        var data = records.SelectMany(record => Record(record, _random.Next(30) switch { 0 => 1, 1 => -1, _ => 0 })).ToArray();
        return [.. Header("PaxHeaders/x", 'x', data.Length, Formats[0]), .. data, .. new byte[(512 - data.Length % 512) % 512]];
    }

    private static byte[] Record(string pair, int error)
    {
        var bytes = Encoding.UTF8.GetBytes(pair);
        var length = Enumerable.Range(1, 3).Select(digits => bytes.Length + 2 + digits).First(total => total.ToString(CultureInfo.InvariantCulture).Length == total - bytes.Length - 2);
        return [.. Encoding.ASCII.GetBytes((length + error).ToString(CultureInfo.InvariantCulture)), (byte)' ', .. bytes, (byte)'\n'];
    }

    private static byte[] File(string name, char type, string content, string format) =>
        [.. Header(name, type, content.Length, format), .. Encoding.ASCII.GetBytes(content), .. new byte[(512 - content.Length % 512) % 512]];

    private static byte[] Header(string name, char type, int size, string format, string link = "") =>
        new TarBuilder().Header(name, TarBuilder.Octal(size), type, block =>
        {
            Encoding.Latin1.GetBytes(format).CopyTo(block, 257);
            "0001750\0"u8.CopyTo(block.AsSpan(108));
            "0001750\0"u8.CopyTo(block.AsSpan(116));
            Encoding.ASCII.GetBytes(link).CopyTo(block, 157);
        }).Cut();
}
