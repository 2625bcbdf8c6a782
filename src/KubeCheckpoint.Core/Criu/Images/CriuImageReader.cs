using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using KubeCheckpoint.Budgets;

namespace KubeCheckpoint.Criu.Images;

/// <summary>
/// Reads an image from front to end: its magics, then repeated {u32 size, message}, and between them whatever
/// payload the caller asks for. Memory is allocated only for bytes that were read, never for a length alone, and what they become in
/// memory is drawn from the archive's budget: a message of a few bytes may hold many objects.
/// </summary>
internal sealed class CriuImageReader
{
    // Larger messages are parsed in parts, with a look at the budget and the token between two of them.
    private const int WholeMessage = 64 * 1024;

    private const int SmallestBuffer = 64;
    private const int LargestBuffer = 16 * 1024;

    // A list that grows has been copied about once.
    private const int ListItem = 3 * sizeof(long);

    private readonly Stream _stream;
    private readonly ArchiveBudget _budget;
    private readonly CancellationToken _cancellation;
    private readonly byte[] _buffer;
    private byte[] _message = [];
    private int _start;
    private int _end;
    private int _empty;

    /// <summary>Reads the magics.</summary>
    /// <exception cref="KubeCheckpointException">NotACriuImage or CriuImageDamaged.</exception>
    /// <param name="stream">The image, from its first byte.</param>
    /// <param name="image">Its name in messages.</param>
    /// <param name="budget">What messages and payloads draw from. Default: that of a file with the length of the image.</param>
    /// <param name="cancellationToken">Cancels the reading, also within a message.</param>
    public CriuImageReader(Stream stream, CriuImageName image, ArchiveBudget? budget = null, CancellationToken cancellationToken = default)
    {
        _stream = stream;
        // An archive has very many small images.
        _buffer = new byte[stream.CanSeek ? (int)Math.Clamp(stream.Length, SmallestBuffer, LargestBuffer) : LargestBuffer];
        _budget = budget ?? new ArchiveBudget(image.Path, stream.CanSeek ? stream.Length : 0);
        _cancellation = cancellationToken;
        Image = image;
        Meter = new AllocationMeter(_budget, image.Member, cancellationToken);
        Type = ReadType();
    }

    public CriuImageName Image { get; }

    public CriuImageType Type { get; }

    /// <summary>Compares what is allocated for an entry with the budget.</summary>
    public AllocationMeter Meter { get; }

    /// <summary>The first of two magics, or 0 where there is only one: in the inventory, and in images of CRIU before 2.0.</summary>
    public uint FamilyMagic { get; private set; }

    /// <summary>The offset of the next byte in the image.</summary>
    public long Offset { get; private set; }

    /// <summary>Opens an image that must be of a type.</summary>
    public static CriuImageReader Open(
        Stream stream, CriuImageName image, CriuImageType type, ArchiveBudget? budget = null, CancellationToken cancellationToken = default)
    {
        var reader = new CriuImageReader(stream, image, budget, cancellationToken);
        return reader.Type == type
            ? reader
            : throw CriuFailure.CriuImageDamaged(image, 0, $"its type is {reader.Type.Name}, not {type.Name}");
    }

    /// <summary>The messages of an image without payload.</summary>
    public IEnumerable<T> ReadMessages<T>()
        where T : IMessage<T>
    {
        while (TryReadMessage(Type.Parser, out var message))
            yield return (T)message;
    }

    /// <summary>All messages of an image without payload, to be kept: what they take is drawn from the budget.</summary>
    public List<T> ReadAll<T>()
        where T : IMessage<T>
    {
        var messages = new List<T>();
        while (TryReadMessage(Type.Parser, out var message))
        {
            messages.Add((T)message);
            Draw(ListItem + LastCost);
        }
        return messages;
    }

    /// <summary>Draws what an entry takes in memory that is kept.</summary>
    public void Draw(long bytes) => _budget.DrawMemory(bytes, AllocationMeter.Entries, Image.Member, Offset);

    /// <summary>Checks that memory is left for what its entries become, before the caller draws it.</summary>
    public void Require(long bytes) => _budget.RequireMemory(bytes, AllocationMeter.Entries, Image.Member, Offset);

    /// <summary>The only message of an image, or the first, to be kept.</summary>
    public T ReadFirst<T>()
        where T : IMessage<T>
    {
        var message = ReadMessage<T>();
        Draw(LastCost);
        return message;
    }

    /// <summary>The only message of an image, or the first.</summary>
    public T ReadMessage<T>()
        where T : IMessage<T>
        => TryReadMessage(Type.Parser, out var message) ? (T)message : throw Damaged("it has no entry");

    /// <summary>Reads and parses the next message; false at the end of the image.</summary>
    public bool TryReadMessage(MessageParser parser, [NotNullWhen(true)] out IMessage? message)
    {
        message = null;
        var offset = Offset;
        if (!TryReadBytes(out var bytes))
            return false;
        Meter.Start(offset);
        try
        {
            message = bytes.Length <= WholeMessage ? parser.ParseFrom(bytes) : ParseInParts(parser, bytes.Length);
        }
        catch (InvalidProtocolBufferException)
        {
            message = ParseRepaired(parser, bytes, offset);
        }
        LastCost = Meter.Allocated;
        return true;
    }

    /// <summary>The bytes of the next message, valid until the next call; false at the end of the image.</summary>
    public bool TryReadBytes(out ReadOnlySpan<byte> message)
    {
        message = default;
        if (!Fill(1))
            return false;
        if (!Fill(sizeof(uint)))
            throw Damaged("it ends inside the size of an entry");
        var size = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_start));
        if (size > CriuLimits.MessageSize)
            throw Damaged($"an entry claims {size} bytes");
        _empty = size == 0 ? _empty + 1 : 0;
        if (_empty > CriuLimits.EmptyEntries)
            throw Damaged($"more than {CriuLimits.EmptyEntries} empty entries follow each other");
        Skip(sizeof(uint));
        message = Take((int)size);
        return true;
    }

    /// <summary>Bytes that follow a message.</summary>
    /// <param name="length">The length that the message claims.</param>
    public byte[] ReadPayload(long length)
    {
        if (length < 0 || length > Array.MaxLength)
            throw Damaged($"an entry claims {length} bytes of payload");
        // What is not there is found missing when it is read.
        var left = _stream.CanSeek ? _end - _start + _stream.Length - _stream.Position : length;
        _budget.RequireMemory(2 * Math.Min(length, left), "the payload of an entry", Image.Member, Offset);
        return Take((int)length).ToArray();
    }

    /// <summary>Skips bytes that follow a message.</summary>
    /// <param name="length">The length that the message claims.</param>
    public void SkipPayload(long length)
    {
        length -= SkipBySeeking(length);
        while (length > 0)
        {
            if (!Fill(1))
                throw Damaged($"it ends {length} bytes before the end of a payload");
            var count = (int)Math.Min(length, _end - _start);
            Skip(count);
            length -= count;
        }
    }

    // Skips what is not in the buffer yet. A sparse image may have a payload of any size.
    private long SkipBySeeking(long length)
    {
        var buffered = _end - _start;
        if (!_stream.CanSeek || length <= buffered)
            return 0;
        var left = buffered + _stream.Length - _stream.Position;
        if (length > left)
        {
            Offset += left;
            throw Damaged($"it ends {length - left} bytes before the end of a payload");
        }

        _stream.Position += length - buffered;
        (_start, _end) = (0, 0);
        Offset += length;
        return length;
    }

    /// <summary>All that is left of the image.</summary>
    /// <param name="limit">The most bytes that are read.</param>
    public byte[] ReadToEnd(int limit)
    {
        using var rest = new MemoryStream();
        while (Fill(1))
        {
            if (rest.Length + (_end - _start) > limit)
                throw CriuFailure.CriuPayloadTooLarge(Image, Offset, limit);
            _budget.RequireMemory(2 * rest.Length, "the payload of an entry", Image.Member, Offset);
            rest.Write(_buffer, _start, _end - _start);
            Skip(_end - _start);
        }
        return rest.ToArray();
    }

    /// <summary>How many bytes the last message takes in memory, and has taken while it was parsed.</summary>
    private long LastCost { get; set; }

    // The bytes are in the buffer for large messages: nothing else is this long.
    private IMessage ParseInParts(MessageParser parser, int size)
    {
        using var parts = new MessageParts(_message, size, Meter);
        return parser.ParseFrom(parts);
    }

    private CriuImageType ReadType()
    {
        var magic = ReadMagic();
        if (magic is CriuImageType.CommonMagic or CriuImageType.ServiceMagic)
        {
            FamilyMagic = magic;
            magic = ReadMagic();
        }
        return CriuImageType.OfMagic(magic)
            ?? throw CriuFailure.NotACriuImage(Image, $"0x{magic:x8} at offset {Offset - sizeof(uint)} is not the magic of any CRIU image type");
    }

    private uint ReadMagic()
    {
        if (!Fill(sizeof(uint)))
            throw CriuFailure.NotACriuImage(Image, $"it ends at offset {Offset + _end - _start}, in its magic");
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_start));
        Skip(sizeof(uint));
        return magic;
    }

    private IMessage ParseRepaired(MessageParser parser, ReadOnlySpan<byte> bytes, long offset)
    {
        InvalidProtocolBufferException? inner = null;
        try
        {
            if (MessageText.Repair(parser.ParseFrom(ByteString.Empty).Descriptor, bytes) is { } repaired)
                return parser.ParseFrom(repaired);
        }
        catch (InvalidProtocolBufferException exception)
        {
            inner = exception;
        }
        throw CriuFailure.CriuImageDamaged(Image, offset, "an entry is not a message of its type", inner);
    }

    // A span of the buffer if it holds everything; otherwise read in steps, so that a false length costs nothing.
    private ReadOnlySpan<byte> Take(int size)
    {
        if (size <= _buffer.Length)
        {
            if (!Fill(size))
                throw Damaged($"it ends inside an entry of {size} bytes");
            var start = _start;
            Skip(size);
            return _buffer.AsSpan(start, size);
        }
        var taken = 0;
        while (taken < size)
        {
            if (_message.Length - taken == 0)
                Array.Resize(ref _message, (int)Math.Min(size, Math.Max(CriuLimits.Step, taken * 2L)));
            var room = Math.Min(size, _message.Length) - taken;
            if (room == 0)
                break;
            if (!Fill(1))
                throw Damaged($"it ends inside an entry of {size} bytes");
            var count = Math.Min(room, _end - _start);
            _buffer.AsSpan(_start, count).CopyTo(_message.AsSpan(taken));
            Skip(count);
            taken += count;
        }
        return _message.AsSpan(0, size);
    }

    private bool Fill(int count)
    {
        if (_end - _start >= count)
            return true;
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        _cancellation.ThrowIfCancellationRequested();
        _end += _stream.ReadAtLeast(_buffer.AsSpan(_end), count - _end, throwOnEndOfStream: false);
        return _end >= count;
    }

    private void Skip(int count)
    {
        _start += count;
        Offset += count;
    }

    private KubeCheckpointException Damaged(string reason) => CriuFailure.CriuImageDamaged(Image, Offset, reason);
}
