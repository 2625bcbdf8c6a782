using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.Reflection;

namespace KubeCheckpoint.Fuzz.Mutators;

/// <summary>A field of a protobuf message as it is on the wire, which may be written as no valid field.</summary>
internal sealed class WireField
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int Fixed32 = 5;
    private const int LongestVarint = 10;

    public uint Number { get; set; }

    public uint WireType { get; set; }

    /// <summary>The number of a field that is one.</summary>
    public ulong Value { get; set; }

    /// <summary>The bytes of a field that has any, except for a message.</summary>
    public byte[]? Bytes { get; set; }

    /// <summary>The fields of a message.</summary>
    public List<WireField>? Children { get; set; }

    /// <summary>What the definitions say of the message in this field, or null.</summary>
    public MessageDescriptor? Message { get; private init; }

    /// <summary>Added to the length that is written.</summary>
    public long LengthError { get; set; }

    /// <summary>How many bytes a number is padded to, beyond those that it needs.</summary>
    public int Padding { get; set; }

    /// <summary>The field with copies of its children.</summary>
    public WireField Clone() => With(Children is null ? null : [.. Children.Select(child => child.Clone())]);

    /// <summary>The field with other children.</summary>
    public WireField With(List<WireField>? children)
    {
        var copy = (WireField)MemberwiseClone();
        copy.Children = children;
        return copy;
    }

    /// <summary>A field of a number.</summary>
    public static WireField Of(uint number, ulong value) => new() { Number = number, Value = value };

    /// <summary>A field of bytes.</summary>
    public static WireField Of(uint number, byte[] bytes) => new() { Number = number, WireType = Delimited, Bytes = bytes };

    /// <summary>The fields of a message; false where it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, MessageDescriptor? descriptor, [NotNullWhen(true)] out List<WireField>? fields)
    {
        fields = [];
        while (!message.IsEmpty)
        {
            if (!TryReadVarint(ref message, out var tag) || tag >> 3 is 0 or > uint.MaxValue >> 3 || !TryRead(ref message, (uint)(tag >> 3), (uint)(tag & 7), descriptor, out var field))
                return false;
            fields.Add(field);
        }
        return true;
    }

    public static byte[] Write(List<WireField> fields)
    {
        var writer = new BackwardWriter();
        Write(fields, writer);
        return writer.ToArray();
    }

    /// <summary>All fields of a message and of those in it, with the list that each is in.</summary>
    public static List<(WireField Field, List<WireField> Owner)> All(List<WireField> fields)
    {
        var all = fields.ConvertAll(field => (field, fields));
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i].field.Children is { } children)
                all.AddRange(children.Select(child => (child, children)));
        }
        return all;
    }

    private static bool TryRead(ref ReadOnlySpan<byte> message, uint number, uint wireType, MessageDescriptor? descriptor, [NotNullWhen(true)] out WireField? field)
    {
        field = null;
        ulong value = 0;
        switch (wireType)
        {
            case Varint:
                if (!TryReadVarint(ref message, out value))
                    return false;
                break;
            case Fixed64 or Fixed32:
                var size = wireType == Fixed64 ? sizeof(ulong) : sizeof(uint);
                if (message.Length < size)
                    return false;
                value = wireType == Fixed64 ? BinaryPrimitives.ReadUInt64LittleEndian(message) : BinaryPrimitives.ReadUInt32LittleEndian(message);
                message = message[size..];
                break;
            case Delimited:
                return TryReadDelimited(ref message, number, descriptor, out field);
            default:
                return false;
        }
        field = new WireField { Number = number, WireType = wireType, Value = value };
        return true;
    }

    private static bool TryReadDelimited(ref ReadOnlySpan<byte> message, uint number, MessageDescriptor? descriptor, [NotNullWhen(true)] out WireField? field)
    {
        field = null;
        if (!TryReadVarint(ref message, out var length) || length > (ulong)message.Length)
            return false;
        var bytes = message[..(int)length];
        message = message[(int)length..];
        var inner = descriptor?.FindFieldByNumber((int)number) is { FieldType: FieldType.Message } known ? known.MessageType : null;
        field = inner is not null && TryParse(bytes, inner, out var children)
            ? new WireField { Number = number, WireType = Delimited, Children = children, Message = inner }
            : new WireField { Number = number, WireType = Delimited, Bytes = bytes.ToArray(), Message = inner };
        return true;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < Math.Min(bytes.Length, LongestVarint); i++)
        {
            value |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] >= 0x80)
                continue;
            bytes = bytes[(i + 1)..];
            return true;
        }
        return false;
    }

    // From the end: the length of a nested message is known when its content has been written, and nothing is moved at any depth.
    private static void Write(List<WireField> fields, BackwardWriter writer)
    {
        for (var i = fields.Count - 1; i >= 0; i--)
            fields[i].Write(writer);
    }

    private void Write(BackwardWriter writer)
    {
        switch (WireType)
        {
            case Delimited:
                var end = writer.Length;
                if (Children is not null)
                    Write(Children, writer);
                else
                    writer.Write(Bytes);
                writer.WriteVarint((ulong)(writer.Length - end + LengthError), Padding);
                break;
            case Fixed64 or Fixed32:
                Span<byte> number = stackalloc byte[sizeof(ulong)];
                BinaryPrimitives.WriteUInt64LittleEndian(number, Value);
                writer.Write(WireType == Fixed64 ? number : number[..sizeof(uint)]);
                break;
            default:
                writer.WriteVarint(Value, Padding);
                break;
        }
        writer.WriteVarint(((ulong)Number << 3) | WireType, 0);
    }
}
