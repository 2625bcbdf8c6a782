using System.Buffers.Binary;

namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>Writes the fields of a C struct of a little-endian machine, by offset.</summary>
internal readonly ref struct LittleEndianFields(Span<byte> bytes)
{
    private readonly Span<byte> _bytes = bytes;

    public void Write(int offset, byte value) => _bytes[offset] = value;

    public void Write(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_bytes[offset..], value);

    public void Write(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes[offset..], value);

    public void Write(int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(_bytes[offset..], value);

    public void Write(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes[offset..], value);

    public void Write(int offset, IEnumerable<uint> values)
    {
        foreach (var value in values)
        {
            Write(offset, value);
            offset += sizeof(uint);
        }
    }

    public void Write(int offset, IEnumerable<ulong> values)
    {
        foreach (var value in values)
        {
            Write(offset, value);
            offset += sizeof(ulong);
        }
    }

    public void Write(int offset, ReadOnlySpan<byte> values) => values.CopyTo(_bytes[offset..]);
}
