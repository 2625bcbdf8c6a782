using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>Writes an image from names and values.</summary>
internal sealed class CriuDocumentWriter(Stream stream, CriuImageType type, CancellationToken cancellationToken)
{
    private const int Stride = 1024;

    private readonly EntryCodec _codec = new();
    private readonly CriuShape _shape = CriuShape.Of(type.Message);

    /// <summary>How many entries were written.</summary>
    public int Count { get; private set; }

    /// <summary>Writes the magics and all entries.</summary>
    /// <param name="family">The magic before the type's own by its name, or null for what CRIU writes.</param>
    /// <param name="entries">The entries.</param>
    /// <exception cref="KubeCheckpointException">CriuEntryInvalid.</exception>
    public void Write(string? family, IEnumerable<CriuObject> entries)
    {
        var magic = CriuImageFamily.MagicOf(family, type)
            ?? throw CriuFailure.CriuEntryInvalid(type.Name, "Family", $"'{family}' is none of COMMON, SERVICE, NONE");
        if (magic != 0)
            WriteNumber(magic);
        WriteNumber(type.Magic);
        foreach (var entry in entries)
        {
            if (Count % Stride == 0)
                cancellationToken.ThrowIfCancellationRequested();
            try
            {
                WriteEntry(entry);
            }
            catch (EntryValueException exception)
            {
                var place = exception.Within(string.Create(CultureInfo.InvariantCulture, $"Entries[{Count}]")).Field;
                throw CriuFailure.CriuEntryInvalid(type.Name, place, exception.Message, exception);
            }
            Count++;
        }
    }

    private void WriteEntry(CriuObject entry)
    {
        WriteMessage(entry, (type.Payload, Count) switch
        {
            (CriuPayload.Pagemap, 0) => CriuShape.Of(PagemapHead.Descriptor),
            (CriuPayload.GhostFile, > 0) => CriuShape.Of(GhostChunkEntry.Descriptor),
            _ => _shape,
        });
        WritePayload(entry);
    }

    private void WriteMessage(CriuObject message, CriuShape shape)
    {
        var bytes = _codec.Encode(message, shape);
        if (bytes.Length > CriuLimits.MessageSize)
            throw new EntryValueException($"it takes {bytes.Length} bytes, and an entry has at most {CriuLimits.MessageSize}");
        WriteNumber((uint)bytes.Length);
        stream.Write(bytes);
    }

    private void WritePayload(CriuObject entry)
    {
        switch (type.Payload)
        {
            case CriuPayload.PipeData:
                WriteBytes(entry, "bytes");
                break;
            case CriuPayload.SocketQueue:
                WriteBytes(entry, "length");
                break;
            case CriuPayload.GhostFile when Count > 0:
                WriteBytes(entry, "len");
                break;
            case CriuPayload.GhostFile when !IsTrue(entry, "chunks"):
                stream.Write(Bytes(entry, CriuObject.Payload));
                break;
            case CriuPayload.TcpStream:
                WriteQueues(entry);
                break;
            case CriuPayload.BpfMapData:
                var length = PayloadLength.Of(entry, "keys_bytes") + PayloadLength.Of(entry, "values_bytes");
                WriteBytes(Bytes(entry, CriuObject.Payload), length, "keys_bytes and values_bytes", CriuObject.Payload);
                break;
            case CriuPayload.SemaphoreSet:
                WriteSemaphores(entry);
                break;
            case CriuPayload.MessageQueue:
                WriteMessages(entry);
                break;
            case CriuPayload.SharedMemory when !IsTrue(entry, "in_pagemaps"):
                WriteBytes(entry, "size");
                WritePadding(entry, PayloadLength.Of(entry, "size"), PayloadLength.SegmentAlignment);
                break;
            default:
                if (entry.Find(CriuObject.Payload) is not null)
                    throw new EntryValueException($"nothing follows this entry of a {type.Name} image").Within(CriuObject.Payload);
                break;
        }
    }

    private void WriteQueues(CriuObject entry)
    {
        var queues = entry.Find(CriuObject.Payload) switch
        {
            null => new CriuObject(),
            CriuObject given => given,
            _ => throw new EntryValueException("it must have inq and outq").Within(CriuObject.Payload),
        };
        WriteBytes(Bytes(queues, "inq"), PayloadLength.Of(entry, "inq_len"), "inq_len", "extra.inq");
        WriteBytes(Bytes(queues, "outq"), PayloadLength.Of(entry, "outq_len"), "outq_len", "extra.outq");
    }

    private void WriteSemaphores(CriuObject entry)
    {
        var values = Elements(entry);
        var bytes = new byte[values.Count * sizeof(ushort)];
        for (var i = 0; i < values.Count; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * sizeof(ushort)), ToSemaphore(values[i], i));
        WriteBytes(bytes, PayloadLength.Of(entry, "nsems") * sizeof(ushort), "nsems", CriuObject.Payload);
        WritePadding(entry, bytes.Length, PayloadLength.Alignment);
    }

    private static ushort ToSemaphore(object? value, int index)
    {
        try
        {
            return (ushort)EntryValue.ToNumber(value, 0, ushort.MaxValue);
        }
        catch (EntryValueException exception)
        {
            throw exception.Within(string.Create(CultureInfo.InvariantCulture, $"[{index}]")).Within(CriuObject.Payload);
        }
    }

    private void WriteMessages(CriuObject entry)
    {
        var items = Elements(entry);
        var count = PayloadLength.Of(entry, "qnum");
        if (count * 2 != items.Count)
        {
            throw new EntryValueException($"it has {items.Count} parts where qnum says {count} messages of two parts each")
                .Within(CriuObject.Payload);
        }
        for (var i = 0; i < items.Count; i += 2)
        {
            try
            {
                WriteQueued(items[i] as CriuObject ?? throw new EntryValueException("it must be a message"), items[i + 1]);
            }
            catch (EntryValueException exception)
            {
                throw exception.Within(string.Create(CultureInfo.InvariantCulture, $"[{i}]")).Within(CriuObject.Payload);
            }
        }
    }

    private void WriteQueued(CriuObject message, object? content)
    {
        WriteMessage(message, CriuShape.Of(IpcMsg.Descriptor));
        WriteBytes(content is null ? [] : EntryValue.ToBytes(content), PayloadLength.Of(message, "msize"), "msize", "");
        WritePadding(message, PayloadLength.Of(message, "msize"), PayloadLength.Alignment);
    }

    private void WriteBytes(CriuObject entry, string lengthField) =>
        WriteBytes(Bytes(entry, CriuObject.Payload), PayloadLength.Of(entry, lengthField), lengthField, CriuObject.Payload);

    private void WriteBytes(byte[] bytes, Int128 length, string lengthField, string field)
    {
        if (bytes.Length != length)
            throw new EntryValueException($"it does not have the length that {lengthField} says").Within(field);
        stream.Write(bytes);
    }

    private void WritePadding(CriuObject entry, Int128 length, int alignment)
    {
        var count = PayloadLength.PaddingOf(length, alignment);
        var padding = entry.Find(CriuObject.Padding) is null ? new byte[count] : Bytes(entry, CriuObject.Padding);
        // The payload's length may have changed.
        stream.Write(padding.Length == count ? padding : new byte[count]);
    }

    private static byte[] Bytes(CriuObject entry, string property)
    {
        try
        {
            return entry.Find(property) is { } value ? EntryValue.ToBytes(value) : [];
        }
        catch (EntryValueException exception)
        {
            throw exception.Within(property);
        }
    }

    private static List<object?> Elements(CriuObject entry) => entry.Find(CriuObject.Payload) switch
    {
        null => [],
        string text => [text],
        IEnumerable values => [.. values.Cast<object?>()],
        { } value => [value],
    };

    private static bool IsTrue(CriuObject entry, string field) => entry.Find(field) switch
    {
        null => false,
        bool value => value,
        string text when bool.TryParse(text, out var parsed) => parsed,
        var value => EntryValue.ToNumber(value, 0, 1).IsOne,
    };

    private void WriteNumber(uint number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        stream.Write(bytes);
    }
}
