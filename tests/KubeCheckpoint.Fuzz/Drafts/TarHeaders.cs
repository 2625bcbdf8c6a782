using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Fuzz.Drafts;

/// <summary>Headers of a tar that no proper program would write, and those that few programs write.</summary>
internal static class TarHeaders
{
    private static readonly (int At, int Length)[] Fields =
        [(0, 100), (100, 8), (108, 8), (116, 8), (124, 12), (124, 12), (136, 12), (156, 1), (156, 1), (157, 100), (257, 8), (265, 32), (297, 32), (329, 8), (337, 8), (345, 155), (482, 1), (483, 12)];

    private static readonly string[] Names =
    [
        "", "/", ".", "..", "../x", "a/../../x", "./config.dump", "config.dump", "config.dump/", "//spec.dump", "checkpoint", "checkpoint/", "checkpoint/pstree.img",
        "checkpoint/./core-1.img", "CONFIG.DUMP", "con", "a\\b", "a\nb", "\u001b[31mx", "x\u202ey", "caf\u00e9", ".wh.x", ".wh..wh..opq", "C:x", "x.", "x ",
    ];

    private static readonly string[] Keys =
    [
        "path", "linkpath", "size", "mtime", "uid", "gid", "uname", "hdrcharset", "charset", "comment", "SCHILY.xattr.security.capability", "SCHILY.xattr.user.x",
        "LIBARCHIVE.xattr.user.y", "SCHILY.acl.access", "GNU.sparse.major", "GNU.sparse.minor", "GNU.sparse.name", "GNU.sparse.realsize", "GNU.sparse.size",
        "GNU.sparse.numblocks", "GNU.sparse.offset", "GNU.sparse.numbytes", "GNU.sparse.map", "SCHILY.realsize", "SCHILY.filetype", "atime", "ctime",
    ];

    private static readonly string[] Values =
    [
        "", "0", "1", "-1", "00", "1.5", "-1.5", "1e3", "9223372036854775807", "9223372036854775808", "4096,1,0,1", "0,1,0,1,0,1", "BINARY", "ISO-IR 10646 2000 UTF-8", "\0", "x\0y", "=", "\n",
    ];

    /// <summary>A field with another value, mostly with the right checksum.</summary>
    public static TarPart Edit(TarPart part, FuzzRandom random)
    {
        var (at, length) = random.Pick(Fields);
        void Change(byte[] header) => Write(header.AsSpan(at, length), random);
        if (!random.OneIn(12))
            return part.WithHeader(Change);
        var unsigned = (byte[])part.Header.Clone();
        Change(unsigned);
        return part with { Header = unsigned };
    }

    /// <summary>A header that belongs to the next one: PAX records, or a long name of GNU tar.</summary>
    public static TarPart Extended(TarPart next, FuzzRandom random)
    {
        var name = random.OneIn(2) ? next.Name : random.Pick(Names);
        return random.Next(8) switch
        {
            0 => TarPart.Of("././@LongLink", 'L', Encoding.UTF8.GetBytes(name + (random.OneIn(3) ? "" : "\0"))),
            1 => TarPart.Of("././@LongLink", 'K', Encoding.UTF8.GetBytes(name + "\0")),
            2 => TarPart.Of("././@LongLink", 'L', [.. Enumerable.Repeat((byte)'n', random.OneIn(4) ? 100_000 : 4095 + random.Next(4)), 0]),
            3 => TarPart.Of("pax_global_header", 'g', Records(next, random)),
            _ => TarPart.Of("PaxHeaders/x", 'x', Records(next, random)),
        };
    }

    /// <summary>The member as a sparse file, in one of the formats of GNU tar, with a map that need not be right.</summary>
    public static IReadOnlyList<TarPart> Sparse(TarPart part, FuzzRandom random)
    {
        var ranges = new List<(ulong Start, ulong Length)>();
        var at = 0UL;
        for (var count = random.OneIn(10) ? 1000 : random.Next(7); count > 0; count--)
        {
            at += (ulong)random.Next(3) * 512;
            var length = (ulong)random.Next(4) * 512;
            ranges.Add((at, length));
            at += length;
        }
        if (ranges.Count > 0 && random.OneIn(3))
            ranges[random.Next(ranges.Count)] = (random.Extreme(), random.Extreme());
        var size = random.OneIn(3) ? random.Extreme() : at + (ulong)random.Next(2) * 4096;
        var stored = part.Data[..(int)Math.Min(part.Data.Length, (long)Math.Min(int.MaxValue, ranges.Aggregate(0UL, (sum, range) => sum + Math.Min(range.Length, 1 << 20))))];
        return random.Next(3) switch
        {
            0 => [OldSparse(part, ranges, size, stored)],
            1 => [
                TarPart.Of("PaxHeaders/x", 'x', [.. Record("GNU.sparse.size", Text(size)), .. Record("GNU.sparse.numblocks", Text((ulong)ranges.Count)),
                    .. Record("GNU.sparse.map", string.Join(',', ranges.Select(range => $"{Text(range.Start)},{Text(range.Length)}")))]),
                part.WithData(stored)],
            _ => [
                TarPart.Of("PaxHeaders/x", 'x', [.. Record("GNU.sparse.major", "1"), .. Record("GNU.sparse.minor", "0"), .. Record("GNU.sparse.name", part.Name), .. Record("GNU.sparse.realsize", Text(size))]),
                part.WithData([.. Map(ranges), .. stored])],
        };
    }

    private static TarPart OldSparse(TarPart part, List<(ulong Start, ulong Length)> ranges, ulong size, byte[] stored)
    {
        const int InHeader = 4;
        return part.WithData(stored).WithHeader(header =>
        {
            header[TarPart.TypeAt] = (byte)'S';
            "ustar  \0"u8.CopyTo(header.AsSpan(257));
            for (var i = 0; i < Math.Min(InHeader, ranges.Count); i++)
            {
                Base256(ranges[i].Start).CopyTo(header, 386 + i * 24);
                Base256(ranges[i].Length).CopyTo(header, 398 + i * 24);
            }
            header[482] = ranges.Count > InHeader ? (byte)1 : (byte)0;
            Base256(size).CopyTo(header, 483);
        });
    }

    private static byte[] Map(List<(ulong Start, ulong Length)> ranges)
    {
        var map = Encoding.ASCII.GetBytes($"{Text((ulong)ranges.Count)}\n" + string.Concat(ranges.Select(range => $"{Text(range.Start)}\n{Text(range.Length)}\n")));
        return [.. map, .. new byte[TarPart.Padded(map.Length) - map.Length]];
    }

    private static byte[] Records(TarPart next, FuzzRandom random)
    {
        var records = new List<byte>();
        for (var count = 1 + random.Next(4); count > 0; count--)
        {
            var key = random.Pick(Keys);
            var value = random.Next(5) switch
            {
                0 => random.Pick(Names),
                1 => next.Name,
                2 => Text(random.Extreme()),
                3 => Text((ulong)next.Data.Length),
                _ => random.Pick(Values),
            };
            records.AddRange(Record(key, value));
        }
        var bytes = records.ToArray();
        return random.OneIn(6) ? Mutators.RawMutator.Instance.Mutate(bytes, random) : bytes;
    }

    private static byte[] Record(string key, string value)
    {
        var rest = Encoding.UTF8.GetBytes($" {key}={value}\n");
        var length = rest.Length + 1;
        while (length != rest.Length + Text((ulong)length).Length)
            length++;
        return [.. Encoding.ASCII.GetBytes(Text((ulong)length)), .. rest];
    }

    private static void Write(Span<byte> field, FuzzRandom random)
    {
        if (field.Length == 1)
        {
            field[0] = random.Pick("\00123456789ABDEFGIKLMNSVXgx+- \u007f\u00ff".ToCharArray()) is var type && type < 256 ? (byte)type : (byte)0;
            return;
        }
        switch (random.Next(7))
        {
            case 0:
                random.Bytes(field.Length).CopyTo(field);
                break;
            case 1:
                field[random.Next(field.Length)] = random.Pick("\0 07/.xg-\u0080\u00ff"u8.ToArray());
                break;
            case 2:
                field.Clear();
                break;
            case 3 when field.Length == 12:
                Base256(random.Extreme()).CopyTo(field);
                break;
            case 4 or 3:
                Put(field, random.Pick(Names));
                break;
            case 5:
                Put(field, random.Pick(["ustar  ", "ustar\000", "tar\0", "-1", " 7777777", "7777777777777", "00000000008", "0x10", "1 2"]));
                break;
            default:
                Put(field, Convert.ToString((long)random.Extreme(), 8));
                break;
        }
    }

    private static void Put(Span<byte> field, string text)
    {
        field.Clear();
        var bytes = Encoding.UTF8.GetBytes(text);
        bytes.AsSpan(0, Math.Min(bytes.Length, field.Length)).CopyTo(field);
    }

    private static byte[] Base256(ulong value)
    {
        var field = new byte[12];
        BinaryPrimitives.WriteUInt64BigEndian(field.AsSpan(4), value);
        field[0] = (byte)(0x80 | (value >> 63 == 1 ? 0x7f : 0));
        return field;
    }

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
