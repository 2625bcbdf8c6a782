using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Fuzz.Drafts;

/// <summary>A header of a tar with its data, which is padded to blocks.</summary>
/// <param name="Header">The block.</param>
/// <param name="Data">The data, without padding.</param>
internal sealed record TarPart(byte[] Header, byte[] Data)
{
    public const int Block = 512;

    public const int SizeAt = 124;
    public const int TypeAt = 156;
    private const int NameLength = 100;
    private const int SizeLength = 12;
    private const int ChecksumAt = 148;
    private const int ChecksumLength = 8;

    public string Name { get; } = Encoding.Latin1.GetString(Header.AsSpan(0, NameLength)).TrimEnd('\0');

    public char Type => (char)Header[TypeAt];

    public long Length => Block + Padded(Data.Length);

    public static TarPart Of(string name, char type, byte[] data)
    {
        var header = new byte[Block];
        var bytes = Encoding.UTF8.GetBytes(name);
        bytes.AsSpan(0, Math.Min(NameLength, bytes.Length)).CopyTo(header);
        "0000644\0"u8.CopyTo(header.AsSpan(NameLength));
        "00000000000\0"u8.CopyTo(header.AsSpan(136));
        header[TypeAt] = (byte)type;
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        return new TarPart(header, []).WithData(data);
    }

    /// <summary>A part with other data, and the header that fits it.</summary>
    public TarPart WithData(byte[] data) => new(
        WithHeader(header =>
        {
            // A file of 8 GiB is not in memory.
            Encoding.ASCII.GetBytes(Convert.ToString(data.Length, 8).PadLeft(SizeLength - 1, '0')).CopyTo(header, SizeAt);
            header[SizeAt + SizeLength - 1] = 0;
        }).Header,
        data);

    /// <summary>A part with another header, whose checksum is right.</summary>
    public TarPart WithHeader(Action<byte[]> edit)
    {
        var header = (byte[])Header.Clone();
        edit(header);
        Sign(header);
        return this with { Header = header };
    }

    public void CopyTo(Span<byte> buffer)
    {
        Header.CopyTo(buffer);
        Data.CopyTo(buffer[Block..]);
        buffer[(Block + Data.Length)..(int)Length].Clear();
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    public static long Padded(long length) => (length + Block - 1) / Block * Block;

    private static void Sign(byte[] header)
    {
        header.AsSpan(ChecksumAt, ChecksumLength).Fill((byte)' ');
        var sum = 0;
        foreach (var octet in header)
            sum += octet;
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ")).CopyTo(header, ChecksumAt);
    }
}
