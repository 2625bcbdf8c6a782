using System.Text;
using System.Text.Unicode;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace KubeCheckpoint.Criu.Images;

/// <summary>
/// Repairs messages whose text is not UTF-8. Linux allows any bytes in the name of a process or file, and CRIU writes them as they
/// are into fields that protobuf requires to be UTF-8: without the repair, one byte of a process's name could make a whole checkpoint unreadable.
/// </summary>
internal static class MessageText
{
    // Repairing copies, at every depth. What CRIU writes with a name in it is some KiB large and three messages deep.
    private const int LargestMessage = 1024 * 1024;
    private const int LargestDepth = 8;

    /// <summary>The message with U+FFFD in place of invalid UTF-8, or null where that is not the problem.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="message">Its bytes.</param>
    /// <exception cref="InvalidProtocolBufferException">It is damaged in another way.</exception>
    public static byte[]? Repair(MessageDescriptor type, ReadOnlySpan<byte> message) =>
        message.Length > LargestMessage ? null : Repair(type, message.ToArray(), 0);

    private static byte[]? Repair(MessageDescriptor type, byte[] message, int depth)
    {
        if (depth > LargestDepth)
            return null;
        using var repaired = new MemoryStream(message.Length);
        using var output = new CodedOutputStream(repaired);
        var input = new CodedInputStream(message);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            output.WriteTag(tag);
            if (!TryRepairField(type, tag, input, output, depth))
                return null;
        }
        output.Flush();
        return repaired.ToArray();
    }

    private static bool TryRepairField(MessageDescriptor type, uint tag, CodedInputStream input, CodedOutputStream output, int depth)
    {
        switch (WireFormat.GetTagWireType(tag))
        {
            case WireFormat.WireType.Varint:
                output.WriteUInt64(input.ReadUInt64());
                return true;
            case WireFormat.WireType.Fixed64:
                output.WriteFixed64(input.ReadFixed64());
                return true;
            case WireFormat.WireType.Fixed32:
                output.WriteFixed32(input.ReadFixed32());
                return true;
            case WireFormat.WireType.LengthDelimited:
                if (Repair(type.FindFieldByNumber(WireFormat.GetTagFieldNumber(tag)), input.ReadBytes(), depth) is not { } value)
                    return false;
                output.WriteBytes(value);
                return true;
            default:
                return false;
        }
    }

    private static ByteString? Repair(FieldDescriptor? field, ByteString value, int depth) => field?.FieldType switch
    {
        FieldType.String when !Utf8.IsValid(value.Span) => ByteString.CopyFromUtf8(Encoding.UTF8.GetString(value.Span)),
        FieldType.Message => Repair(field.MessageType, value.ToByteArray(), depth + 1) is { } message ? UnsafeByteOperations.UnsafeWrap(message) : null,
        _ => value,
    };
}
