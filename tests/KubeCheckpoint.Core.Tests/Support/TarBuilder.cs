using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Writes tars that no proper program would write.</summary>
internal sealed class TarBuilder
{
    public const string Config = """{"id":"0a","name":"k8s_c","rootfsImageName":"i:1","runtime":"runc","createdTime":"2026-01-02T03:04:05Z"}""";
    public const string Spec = """{"annotations":{"io.kubernetes.cri.container-name":"c"}}""";

    private readonly List<byte> _tar = [];

    public TarBuilder Add(string name, string content, char type = '0') => Add(name, Encoding.UTF8.GetBytes(content), type);

    public TarBuilder Add(string name, byte[] content, char type = '0') =>
        Header(name, Octal(content.Length), type).Data(content);

    public TarBuilder Header(string name, byte[] size, char type = '0', Action<byte[]>? edit = null)
    {
        var block = new byte[512];
        Encoding.UTF8.GetBytes(name).AsSpan()[..Math.Min(100, Encoding.UTF8.GetByteCount(name))].CopyTo(block);
        "0000644\0"u8.CopyTo(block.AsSpan(100));
        size.CopyTo(block.AsSpan(124));
        "00000000000\0"u8.CopyTo(block.AsSpan(136));
        block[156] = (byte)type;
        "ustar\000"u8.CopyTo(block.AsSpan(257));
        edit?.Invoke(block);
        Sign(block);
        _tar.AddRange(block);
        return this;
    }

    /// <summary>A header with a prefix field.</summary>
    public TarBuilder Header(string name, byte[] size, char type, Action<byte[]> edit, ReadOnlySpan<byte> prefix)
    {
        var bytes = prefix.ToArray();
        return Header(name, size, type, block =>
        {
            edit(block);
            bytes.CopyTo(block, 345);
        });
    }

    public TarBuilder Data(byte[] content)
    {
        _tar.AddRange(content);
        _tar.AddRange(new byte[(512 - content.Length % 512) % 512]);
        return this;
    }

    /// <summary>A PAX header with one record, whose value may be any bytes.</summary>
    public TarBuilder Pax(string key, byte[] value)
    {
        byte[] rest = [(byte)' ', .. Encoding.UTF8.GetBytes(key), (byte)'=', .. value, (byte)'\n'];
        var digits = Enumerable.Range(1, 9).First(count => (rest.Length + count).ToString(CultureInfo.InvariantCulture).Length == count);
        return Add("pax", [.. Encoding.ASCII.GetBytes((rest.Length + digits).ToString(CultureInfo.InvariantCulture)), .. rest], 'x');
    }

    public TarBuilder Pax(params string[] records) => Add("pax", string.Concat(records.Select(Record)), 'x');

    /// <summary>A link to another member, or to anything.</summary>
    public TarBuilder Link(string name, string target, char type = '1') =>
        Header(name, Octal(0), type, block => Encoding.UTF8.GetBytes(target).CopyTo(block, 157));

    /// <summary>A sparse file in a format of GNU tar: "gnu", "0.0", "0.1" or "1.0".</summary>
    /// <param name="name">The name.</param>
    /// <param name="format">The format.</param>
    /// <param name="size">The size that is recorded.</param>
    /// <param name="ranges">The ranges that are recorded.</param>
    /// <param name="stored">The bytes that are stored.</param>
    public TarBuilder Sparse(string name, string format, long size, IReadOnlyList<(long Start, long Length)> ranges, byte[] stored)
    {
        // As GNU tar does for a file that is one hole.
        if (ranges.Count == 0)
            ranges = [(size, 0)];
        string[] pairs = [.. ranges.SelectMany(range => new[] { $"GNU.sparse.offset={range.Start}", $"GNU.sparse.numbytes={range.Length}" })];
        switch (format)
        {
            case "gnu":
                return GnuSparse(name, size, ranges, stored);
            case "0.0":
                return Pax([$"GNU.sparse.size={size}", $"GNU.sparse.numblocks={ranges.Count}", .. pairs]).Add(name, stored);
            case "0.1":
                return Pax($"GNU.sparse.size={size}", $"GNU.sparse.numblocks={ranges.Count}", $"GNU.sparse.name={name}", $"GNU.sparse.map={string.Join(',', ranges.Select(range => $"{range.Start},{range.Length}"))}")
                    .Add("GNUSparseFile.1/other", stored);
            default:
                var map = Encoding.ASCII.GetBytes($"{ranges.Count}\n" + string.Concat(ranges.Select(range => $"{range.Start}\n{range.Length}\n")));
                return Pax("GNU.sparse.major=1", "GNU.sparse.minor=0", $"GNU.sparse.name={name}", $"GNU.sparse.realsize={size}")
                    .Add("GNUSparseFile.1/other", [.. map, .. new byte[(512 - map.Length % 512) % 512], .. stored]);
        }
    }

    public TarBuilder Checkpoint() => Add("config.dump", Config).Add("spec.dump", Spec);

    public byte[] End() => [.. _tar, .. new byte[1024]];

    public byte[] Cut() => [.. _tar];

    public static byte[] Octal(long value) => Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(11, '0') + "\0");

    public static byte[] Base256(long value)
    {
        var field = new byte[12];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(field.AsSpan(4), value);
        field[0] = 0x80;
        return field;
    }

    public static void Sign(Span<byte> block)
    {
        block.Slice(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var octet in block)
            sum += octet;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(block[148..]);
    }

    private static byte[] Number(long value) => value > 0x1_ffff_ffff ? Base256(value) : Octal(value);

    private TarBuilder GnuSparse(string name, long size, IReadOnlyList<(long Start, long Length)> ranges, byte[] stored)
    {
        const int InHeader = 4, InBlock = 21;
        var entries = ranges.Select(range => (byte[])[.. Number(range.Start), .. Number(range.Length)]).ToList();
        Header(name, Octal(stored.Length), 'S', block =>
        {
            "ustar  \0"u8.CopyTo(block.AsSpan(257));
            entries.Take(InHeader).SelectMany(entry => entry).ToArray().CopyTo(block, 386);
            block[482] = entries.Count > InHeader ? (byte)1 : (byte)0;
            Number(size).CopyTo(block, 483);
        });
        var blocks = entries.Skip(InHeader).Chunk(InBlock).ToList();
        for (var i = 0; i < blocks.Count; i++)
            Data([.. blocks[i].SelectMany(entry => entry), .. new byte[504 - blocks[i].Length * 24], i < blocks.Count - 1 ? (byte)1 : (byte)0, .. new byte[7]]);
        return Data(stored);
    }

    private static string Record(string pair)
    {
        var length = pair.Length + 2;
        while (length != (length.ToString(CultureInfo.InvariantCulture) + " " + pair + "\n").Length)
            length = (length.ToString(CultureInfo.InvariantCulture) + " " + pair + "\n").Length;
        return $"{length.ToString(CultureInfo.InvariantCulture)} {pair}\n";
    }
}
