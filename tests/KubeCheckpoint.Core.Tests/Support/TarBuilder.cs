using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Writes tars no decent writer would write.</summary>
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

    public TarBuilder Data(byte[] content)
    {
        _tar.AddRange(content);
        _tar.AddRange(new byte[(512 - content.Length % 512) % 512]);
        return this;
    }

    public TarBuilder Pax(params string[] records) => Add("pax", string.Concat(records.Select(Record)), 'x');

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

    private static string Record(string pair)
    {
        var length = pair.Length + 2;
        while (length != (length.ToString(CultureInfo.InvariantCulture) + " " + pair + "\n").Length)
            length = (length.ToString(CultureInfo.InvariantCulture) + " " + pair + "\n").Length;
        return $"{length.ToString(CultureInfo.InvariantCulture)} {pair}\n";
    }
}
