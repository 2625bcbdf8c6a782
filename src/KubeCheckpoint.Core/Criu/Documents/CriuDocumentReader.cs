using System.Buffers.Binary;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>Reads the entries of an image with their payloads.</summary>
internal sealed class CriuDocumentReader(CriuImageReader reader, CancellationToken cancellationToken)
{
    // How many entries are read between two checks of the cancellation token.
    private const int Stride = 1024;

    private readonly EntryCodec _codec = new(reader.Meter);
    private readonly CriuShape _shape = CriuShape.Of(reader.Type.Message);
    private int _payload;

    public IEnumerable<CriuObject> Read()
    {
        var count = 0;
        var shape = reader.Type.Payload == CriuPayload.Pagemap ? CriuShape.Of(PagemapHead.Descriptor) : _shape;
        reader.Meter.Start(reader.Offset);
        while (TryRead(shape, out var entry))
        {
            if (++count > CriuLimits.EntryCount)
                throw Damaged($"it has more than {CriuLimits.EntryCount} entries");
            if (count % Stride == 0)
                cancellationToken.ThrowIfCancellationRequested();
            if (count == 1 && reader.Type.Payload == CriuPayload.GhostFile)
                shape = ReadGhost(entry);
            else
                ReadPayload(entry, shape);
            yield return entry;
            reader.Meter.Start(reader.Offset);
            if (reader.Type.Payload == CriuPayload.Pagemap)
                shape = _shape;
        }
    }

    private bool TryRead(CriuShape shape, out CriuObject entry)
    {
        entry = null!;
        if (!reader.TryReadBytes(out var bytes))
            return false;
        try
        {
            entry = _codec.Decode(bytes, shape);
            return true;
        }
        catch (WireException exception)
        {
            throw CriuFailure.CriuImageDamaged(reader.Image, reader.Offset - bytes.Length + exception.Position, exception.Message, exception);
        }
    }

    // The content is the rest of the image, or chunks with a message type of their own.
    private CriuShape ReadGhost(CriuObject head)
    {
        if (head.Find("chunks") is not true)
            head.Add(CriuObject.Payload, reader.ReadToEnd(CriuLimits.PayloadSize));
        return CriuShape.Of(GhostChunkEntry.Descriptor);
    }

    private void ReadPayload(CriuObject entry, CriuShape shape)
    {
        switch (reader.Type.Payload)
        {
            case CriuPayload.PipeData:
                entry.Add(CriuObject.Payload, ReadBytes(entry, "bytes"));
                break;
            case CriuPayload.SocketQueue:
                entry.Add(CriuObject.Payload, ReadBytes(entry, "length"));
                break;
            case CriuPayload.GhostFile when shape != _shape:
                entry.Add(CriuObject.Payload, ReadBytes(entry, "len"));
                break;
            case CriuPayload.TcpStream:
                var queues = new CriuObject();
                queues.Add("inq", ReadBytes(entry, "inq_len"));
                queues.Add("outq", ReadBytes(entry, "outq_len"));
                entry.Add(CriuObject.Payload, queues);
                break;
            case CriuPayload.BpfMapData:
                entry.Add(CriuObject.Payload, ReadBytes(PayloadLength.Of(entry, "keys_bytes") + PayloadLength.Of(entry, "values_bytes")));
                break;
            case CriuPayload.SemaphoreSet:
                entry.Add(CriuObject.Payload, ReadSemaphores(entry));
                break;
            case CriuPayload.MessageQueue:
                entry.Add(CriuObject.Payload, ReadMessages(PayloadLength.Of(entry, "qnum")));
                break;
            case CriuPayload.SharedMemory when entry.Find("in_pagemaps") is not true:
                entry.Add(CriuObject.Payload, ReadBytes(entry, "size"));
                ReadPadding(entry, PayloadLength.Of(entry, "size"), PayloadLength.SegmentAlignment);
                break;
            default:
                break;
        }
    }

    private ushort[] ReadSemaphores(CriuObject entry)
    {
        var bytes = ReadBytes(PayloadLength.Of(entry, "nsems") * sizeof(ushort));
        var values = new ushort[bytes.Length / sizeof(ushort)];
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i * sizeof(ushort)));
        ReadPadding(entry, bytes.Length, PayloadLength.Alignment);
        return values;
    }

    // crit prints message, bytes, message, bytes.
    private object[] ReadMessages(Int128 count)
    {
        var messages = new List<object>();
        for (Int128 i = 0; i < count; i++)
        {
            if (!TryRead(CriuShape.Of(IpcMsg.Descriptor), out var message))
                throw Damaged($"a queue of {count} messages ends after {i}");
            reader.Meter.Check();
            messages.Add(message);
            messages.Add(ReadBytes(message, "msize"));
            ReadPadding(message, PayloadLength.Of(message, "msize"), PayloadLength.Alignment);
        }
        return [.. messages];
    }

    private byte[] ReadBytes(CriuObject entry, string lengthField) => ReadBytes(PayloadLength.Of(entry, lengthField));

    private byte[] ReadBytes(Int128 length)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (length > CriuLimits.PayloadSize - _payload)
            throw CriuFailure.CriuPayloadTooLarge(reader.Image, reader.Offset, CriuLimits.PayloadSize);
        var bytes = reader.ReadPayload((long)length);
        _payload += bytes.Length;
        return bytes;
    }

    private void ReadPadding(CriuObject entry, Int128 length, int alignment)
    {
        var padding = ReadBytes(PayloadLength.PaddingOf(length, alignment));
        if (padding.AsSpan().ContainsAnyExcept((byte)0))
            entry.Add(CriuObject.Padding, padding);
    }

    private KubeCheckpointException Damaged(string reason) => CriuFailure.CriuImageDamaged(reader.Image, reader.Offset, reason);
}
