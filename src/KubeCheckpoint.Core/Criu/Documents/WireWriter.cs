using System.Buffers.Binary;
using System.Text;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>A reusable buffer that messages are written to.</summary>
internal sealed class WireWriter
{
    private const int LongestVarint = 10;

    private byte[] _buffer = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    /// <summary>Truncates the buffer to a length.</summary>
    public void Truncate(int length) => Length = length;

    public void WriteTag(CriuField field, WireType type) => WriteVarint((uint)field.Number << 3 | (uint)type);

    public void WriteVarint(ulong value)
    {
        var target = Reserve(LongestVarint);
        var count = 0;
        while (value >= 0x80)
        {
            target[count++] = (byte)(value | 0x80);
            value >>= 7;
        }
        target[count++] = (byte)value;
        Length += count;
    }

    public void WriteFixed32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), value);
        Length += sizeof(uint);
    }

    public void WriteFixed64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(sizeof(ulong)), value);
        Length += sizeof(ulong);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    public void WriteText(string text)
    {
        var count = Encoding.UTF8.GetByteCount(text);
        WriteVarint((ulong)count);
        Encoding.UTF8.GetBytes(text, Reserve(count));
        Length += count;
    }

    /// <summary>Inserts the length of everything written since a position before it.</summary>
    public void InsertLength(int start)
    {
        var content = Length - start;
        WriteVarint((ulong)content);
        Span<byte> prefix = stackalloc byte[LongestVarint];
        prefix = prefix[..(Length - start - content)];
        _buffer.AsSpan(start + content, prefix.Length).CopyTo(prefix);
        _buffer.AsSpan(start, content).CopyTo(_buffer.AsSpan(start + prefix.Length));
        prefix.CopyTo(_buffer.AsSpan(start));
    }

    private Span<byte> Reserve(int count)
    {
        if (count > _buffer.Length - Length)
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max((long)Length + count, _buffer.Length * 2L)));
        return _buffer.AsSpan(Length);
    }
}
