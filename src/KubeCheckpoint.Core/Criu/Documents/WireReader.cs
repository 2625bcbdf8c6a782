using System.Buffers.Binary;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>Reads the bytes of a message. Every method is given the end of the message it is in.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private const int LongestVarint = 10;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public static uint NumberOf(uint tag) => tag >> 3;

    public static WireType TypeOf(uint tag) => (WireType)(tag & 7);

    /// <summary>The bytes from a position up to here.</summary>
    public readonly ReadOnlySpan<byte> Slice(int start) => _bytes[start..Position];

    /// <summary>The number and wire type of the next field.</summary>
    public uint ReadTag(int end)
    {
        var start = Position;
        var tag = ReadVarint(end);
        return tag is >= 8 and <= uint.MaxValue ? (uint)tag : throw new WireException(start, "a field is missing");
    }

    public ulong ReadVarint(int end)
    {
        var start = Position;
        if (start < end && _bytes[start] < 0x80)
        {
            Position = start + 1;
            return _bytes[start];
        }
        var value = 0UL;
        for (var i = 0; i < LongestVarint && start + i < end; i++)
        {
            var next = _bytes[start + i];
            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next >= 0x80)
                continue;
            Position = start + i + 1;
            return value;
        }
        throw new WireException(start, "a number is not terminated");
    }

    public uint ReadFixed32(int end) => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint), end));

    public ulong ReadFixed64(int end) => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong), end));

    /// <summary>The bytes of a length-delimited field.</summary>
    public ReadOnlySpan<byte> ReadBytes(int end)
    {
        var fieldEnd = ReadLength(end);
        return Take(fieldEnd - Position, fieldEnd);
    }

    /// <summary>The end of a length-delimited field.</summary>
    public int ReadLength(int end)
    {
        var start = Position;
        var length = ReadVarint(end);
        return length <= (ulong)(end - Position)
            ? Position + (int)length
            : throw new WireException(start, $"a field claims {length} bytes, but {end - Position} are left");
    }

    /// <summary>Skips the value of a field.</summary>
    public void SkipValue(uint tag, int end, int depth)
    {
        switch (TypeOf(tag))
        {
            case WireType.Varint:
                ReadVarint(end);
                break;
            case WireType.Fixed64:
                Take(sizeof(ulong), end);
                break;
            case WireType.Length:
                ReadBytes(end);
                break;
            case WireType.GroupStart:
                SkipGroup(NumberOf(tag), end, depth + 1);
                break;
            case WireType.Fixed32:
                Take(sizeof(uint), end);
                break;
            default:
                throw new WireException(Position, $"field {NumberOf(tag)} has an invalid wire type");
        }
    }

    private void SkipGroup(uint number, int end, int depth)
    {
        if (depth > CriuLimits.MessageDepth)
            throw new WireException(Position, $"groups are nested more than {CriuLimits.MessageDepth} deep");
        while (true)
        {
            var tag = ReadTag(end);
            if (TypeOf(tag) != WireType.GroupEnd)
                SkipValue(tag, end, depth);
            else if (NumberOf(tag) == number)
                return;
            else
                throw new WireException(Position, "a group ends without a start");
        }
    }

    private ReadOnlySpan<byte> Take(int count, int end)
    {
        if (count > end - Position)
            throw new WireException(Position, $"a field of {count} bytes does not fit into the {end - Position} that are left");
        Position += count;
        return _bytes.Slice(Position - count, count);
    }
}
