using System.Text;
using KubeCheckpoint.Budgets;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>
/// Decodes a message into names and values by the definitions. Nothing is lost: what the definitions do not know is kept as
/// bytes. The generated messages cannot do this: they expose neither unknown fields nor bytes that are not UTF-8.
/// </summary>
internal ref struct MessageDecoder
{
    // How many fields and elements are read between two checks of the meter.
    private const int Stride = 1024;

    private readonly AllocationMeter? _meter;
    private WireReader _reader;
    private int _steps;
    private bool _isOpen;

    private MessageDecoder(ReadOnlySpan<byte> message, AllocationMeter? meter)
    {
        _reader = new WireReader(message);
        _meter = meter;
    }

    /// <summary>Decodes a message.</summary>
    /// <exception cref="WireException">The bytes are not a message.</exception>
    public static CriuObject Decode(ReadOnlySpan<byte> message, CriuShape shape, AllocationMeter? meter = null)
    {
        var decoder = new MessageDecoder(message, meter);
        var result = new CriuObject();
        decoder.ReadFields(result, shape, message.Length, 0);
        if (decoder._isOpen)
            Close(result);
        return result;
    }

    private void ReadFields(CriuObject target, CriuShape shape, int end, int depth)
    {
        if (depth > CriuLimits.MessageDepth)
            throw new WireException(_reader.Position, $"messages are nested more than {CriuLimits.MessageDepth} deep");
        while (_reader.Position < end)
        {
            CountStep();
            var start = _reader.Position;
            var tag = _reader.ReadTag(end);
            if (shape.Find(WireReader.NumberOf(tag)) is { } field && Accepts(field, WireReader.TypeOf(tag)))
                ReadField(target, field, WireReader.TypeOf(tag), end, depth);
            else
                KeepUnknown(target, tag, start, end);
        }
    }

    private void CountStep()
    {
        if (++_steps % Stride == 0)
            _meter?.Check();
    }

    private static bool Accepts(CriuField field, WireType type) =>
        type == field.WireType || (type == WireType.Length && field.IsRepeated && field.IsNumber);

    private void ReadField(CriuObject target, CriuField field, WireType type, int end, int depth)
    {
        var index = target.IndexOf(field.Name);
        if (field.IsRepeated)
        {
            var values = index < 0 ? Open(target, field.Name, new RepeatedValues(field)) : (RepeatedValues)target.Properties[index].Value;
            ReadRepeated(values, field, type, end, depth);
            return;
        }
        var value = field.Kind == CriuFieldKind.Message
            ? ReadMessage(index < 0 ? new CriuObject() : (CriuObject)target.Properties[index].Value, field, end, depth)
            : ReadScalar(field, end);
        if (index < 0)
            target.Add(field.Name, value);
        else
            target.Replace(index, value);
    }

    private void ReadRepeated(RepeatedValues values, CriuField field, WireType type, int end, int depth)
    {
        if (type == field.WireType)
        {
            ReadElement(values, field, end, depth);
            return;
        }
        for (var packedEnd = _reader.ReadLength(end); _reader.Position < packedEnd;)
            ReadElement(values, field, packedEnd, depth);
    }

    private void ReadElement(RepeatedValues values, CriuField field, int end, int depth)
    {
        CountStep();
        if (RepeatedValues.HasNumbers(field))
        {
            values.Add(ReadBits(field, end));
            return;
        }
        values.Add(field.Kind == CriuFieldKind.Message ? ReadMessage(new CriuObject(), field, end, depth) : ReadScalar(field, end));
    }

    private CriuObject ReadMessage(CriuObject target, CriuField field, int end, int depth)
    {
        ReadFields(target, field.Message, _reader.ReadLength(end), depth + 1);
        return target;
    }

    private object ReadScalar(CriuField field, int end) => field.Kind switch
    {
        CriuFieldKind.Text => ReadText(end),
        CriuFieldKind.Bytes => _reader.ReadBytes(end).ToArray(),
        CriuFieldKind.Bool => Boxes.Of(ReadBits(field, end) != 0),
        CriuFieldKind.Int32 or CriuFieldKind.SInt32 => (int)ReadBits(field, end),
        CriuFieldKind.Int64 or CriuFieldKind.SInt64 => (long)ReadBits(field, end),
        CriuFieldKind.UInt32 or CriuFieldKind.Fixed32 => Boxes.Of((uint)ReadBits(field, end)),
        CriuFieldKind.UInt64 or CriuFieldKind.Fixed64 => Boxes.Of(ReadBits(field, end)),
        _ => ReadEnumeration(field, end),
    };

    private object ReadEnumeration(CriuField field, int end)
    {
        var value = (int)ReadBits(field, end);
        return (object?)field.NameOf(value) ?? value;
    }

    private ulong ReadBits(CriuField field, int end)
    {
        switch (field.Kind)
        {
            case CriuFieldKind.Fixed32:
                return _reader.ReadFixed32(end);
            case CriuFieldKind.Fixed64:
                return _reader.ReadFixed64(end);
            case CriuFieldKind.SInt32:
                var half = (uint)_reader.ReadVarint(end);
                return (ulong)((int)(half >> 1) ^ -(int)(half & 1));
            case CriuFieldKind.SInt64:
                var whole = _reader.ReadVarint(end);
                return (ulong)((long)(whole >> 1) ^ -(long)(whole & 1));
            default:
                return _reader.ReadVarint(end);
        }
    }

    private object ReadText(int end)
    {
        var bytes = _reader.ReadBytes(end);
        return System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : bytes.ToArray();
    }

    private void KeepUnknown(CriuObject target, uint tag, int start, int end)
    {
        _reader.SkipValue(tag, end, 0);
        var index = target.IndexOf(CriuObject.UnknownFields);
        var unknown = index < 0 ? Open(target, CriuObject.UnknownFields, new UnknownBytes()) : (UnknownBytes)target.Properties[index].Value;
        unknown.Add(_reader.Slice(start));
    }

    private T Open<T>(CriuObject target, string name, T value)
        where T : class
    {
        _isOpen = true;
        target.Add(name, value);
        return value;
    }

    // Only at the end: a message that occurs twice continues the first occurrence.
    private static void Close(CriuObject target)
    {
        for (var i = 0; i < target.Properties.Length; i++)
        {
            var value = target.Properties[i].Value;
            if (value is RepeatedValues values)
                target.Replace(i, value = values.ToArray());
            else if (value is UnknownBytes unknown)
                target.Replace(i, unknown.ToArray());
            if (value is CriuObject message)
                Close(message);
            else if (value is object[] { Length: > 0 } elements && elements[0] is CriuObject)
                CloseAll(elements);
        }
    }

    private static void CloseAll(object[] messages)
    {
        foreach (var message in messages)
            Close((CriuObject)message);
    }

    /// <summary>The fields of a message that the definitions do not know, collected while it is read.</summary>
    private sealed class UnknownBytes
    {
        private byte[] _bytes = new byte[16];
        private int _count;

        public void Add(ReadOnlySpan<byte> field)
        {
            if (field.Length > _bytes.Length - _count)
                Array.Resize(ref _bytes, Math.Max(_count + field.Length, _count * 2));
            field.CopyTo(_bytes.AsSpan(_count));
            _count += field.Length;
        }

        public byte[] ToArray() => _bytes.AsSpan(0, _count).ToArray();
    }
}
