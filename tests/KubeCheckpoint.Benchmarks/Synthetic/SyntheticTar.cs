using System.Buffers.Binary;
using System.Text;

namespace KubeCheckpoint.Benchmarks.Synthetic;

/// <summary>Writes a ustar archive to a stream that need not be seekable; sizes over 8 GiB as GNU tar writes them.</summary>
internal sealed class SyntheticTar(Stream stream)
{
    private const int Block = 512;
    private const long LargestOctal = 0x1_FFFF_FFFF;

    public void Add(string name, byte[] content) => Add(name, content.Length, target => target.Write(content));

    public void Add(string name, long size, Action<Stream> write)
    {
        WriteHeader(name, size, '0');
        write(stream);
        stream.Write(new byte[(Block - size % Block) % Block]);
    }

    public void AddFolder(string name) => WriteHeader(name, 0, '5');

    public void End() => stream.Write(new byte[2 * Block]);

    private void WriteHeader(string name, long size, char type)
    {
        var header = new byte[Block];
        Encoding.ASCII.GetBytes(name, header);
        "0000600\0"u8.CopyTo(header.AsSpan(100));
        "0000000\0"u8.CopyTo(header.AsSpan(108));
        "0000000\0"u8.CopyTo(header.AsSpan(116));
        WriteSize(header.AsSpan(124, 12), size);
        "15470000000\0"u8.CopyTo(header.AsSpan(136));
        header[156] = (byte)type;
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        header.AsSpan(148, 8).Fill((byte)' ');
        WriteOctal(header.AsSpan(148, 7), header.Sum(octet => octet));
        stream.Write(header);
    }

    private static void WriteSize(Span<byte> field, long size)
    {
        if (size <= LargestOctal)
        {
            WriteOctal(field, size);
            return;
        }
        BinaryPrimitives.WriteInt64BigEndian(field[4..], size);
        field[0] = 0x80;
    }

    private static void WriteOctal(Span<byte> field, long value) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(field.Length - 1, '0') + "\0", field);
}
