using System.Collections;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>Encodes names and values by the definitions, in the order of the fields' numbers, as CRIU does.</summary>
internal sealed class MessageEncoder
{
    private readonly WireWriter _writer = new();

    /// <summary>Encodes a message.</summary>
    /// <returns>Its bytes, valid until the next call.</returns>
    /// <exception cref="EntryValueException">A name does not belong to the message, or a value does not fit its field.</exception>
    public ReadOnlySpan<byte> Encode(CriuObject message, CriuShape shape)
    {
        _writer.Truncate(0);
        WriteFields(message, shape, isEntry: true);
        return _writer.Written;
    }

    private void WriteFields(CriuObject message, CriuShape shape, bool isEntry)
    {
        var unknown = new UnknownFields(message.Find(CriuObject.UnknownFields));
        if (!IsInOrder(message, shape, isEntry))
        {
            WriteSorted(message, shape, unknown, isEntry);
            return;
        }
        var next = 0;
        foreach (var (name, value) in message.Properties)
        {
            if (IsOurs(name, isEntry))
                continue;
            var index = shape.IndexOf(name, next);
            unknown.WriteBefore(shape.Fields[index].Number, _writer);
            WriteField(shape.Fields[index], value);
            next = index + 1;
        }
        unknown.WriteBefore(int.MaxValue, _writer);
    }

    // Asked before anything is written: to write nested messages and then again in another order would double the work at each depth.
    private static bool IsInOrder(CriuObject message, CriuShape shape, bool isEntry)
    {
        var next = 0;
        foreach (var (name, _) in message.Properties)
        {
            if (IsOurs(name, isEntry))
                continue;
            var index = shape.IndexOf(name, next);
            if (index < next)
                return false;
            next = index + 1;
        }
        return true;
    }

    private void WriteSorted(CriuObject message, CriuShape shape, UnknownFields unknown, bool isEntry)
    {
        var values = new object?[shape.Fields.Length];
        foreach (var (name, value) in message.Properties)
        {
            if (IsOurs(name, isEntry))
                continue;
            var index = shape.IndexOf(name, 0);
            if (index < 0)
                throw new EntryValueException($"there is no such field; there are {string.Join(", ", shape.Fields.Select(field => field.Name))}").Within(name);
            values[index] = value;
        }
        for (var i = 0; i < values.Length; i++)
        {
            unknown.WriteBefore(shape.Fields[i].Number, _writer);
            WriteField(shape.Fields[i], values[i]);
        }
        unknown.WriteBefore(int.MaxValue, _writer);
    }

    private static bool IsOurs(string name, bool isEntry) =>
        Is(name, CriuObject.UnknownFields)
        || (isEntry && (Is(name, CriuObject.RawBytes) || Is(name, CriuObject.Payload) || Is(name, CriuObject.Padding)));

    private static bool Is(string name, string ours) => string.Equals(name, ours, StringComparison.OrdinalIgnoreCase);

    private void WriteField(CriuField field, object? value)
    {
        if (value is null)
            return;
        try
        {
            if (field.IsRepeated)
                WriteRepeated(field, Elements(field, value));
            else
                WriteSingle(field, value);
        }
        catch (EntryValueException exception)
        {
            throw exception.Within(field.Name);
        }
    }

    // PowerShell unwraps a list with one value, so a single value is accepted.
    private static IEnumerable Elements(CriuField field, object value) => value switch
    {
        string or byte[] when field.Kind is CriuFieldKind.Text or CriuFieldKind.Bytes => new[] { value },
        string => new[] { value },
        IEnumerable elements => elements,
        _ => new[] { value },
    };

    private void WriteRepeated(CriuField field, IEnumerable values)
    {
        var start = _writer.Length;
        var index = 0;
        if (field.IsPacked)
            _writer.WriteTag(field, WireType.Length);
        var content = _writer.Length;
        foreach (var value in values)
        {
            WriteElement(field, value, index);
            index++;
        }
        if (index == 0)
            _writer.Truncate(start);
        else if (field.IsPacked)
            _writer.InsertLength(content);
    }

    private void WriteElement(CriuField field, object? value, int index)
    {
        try
        {
            if (value is null)
                throw new EntryValueException("it is null");
            if (field.IsPacked)
                WriteNumber(field, value);
            else
                WriteSingle(field, value);
        }
        catch (EntryValueException exception)
        {
            throw exception.Within(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"[{index}]"));
        }
    }

    private void WriteSingle(CriuField field, object value)
    {
        _writer.WriteTag(field, field.WireType);
        switch (field.Kind)
        {
            case CriuFieldKind.Text when value is string text:
                _writer.WriteText(text);
                break;
            case CriuFieldKind.Text or CriuFieldKind.Bytes:
                var bytes = EntryValue.ToBytes(field, value);
                _writer.WriteVarint((ulong)bytes.Length);
                _writer.Write(bytes);
                break;
            case CriuFieldKind.Message:
                var start = _writer.Length;
                WriteFields(value as CriuObject ?? throw new EntryValueException("it must be an object with fields of its own"), field.Message, isEntry: false);
                _writer.InsertLength(start);
                break;
            default:
                WriteNumber(field, value);
                break;
        }
    }

    private void WriteNumber(CriuField field, object value)
    {
        var bits = EntryValue.ToBits(field, value);
        switch (field.Kind)
        {
            case CriuFieldKind.Fixed32:
                _writer.WriteFixed32((uint)bits);
                break;
            case CriuFieldKind.Fixed64:
                _writer.WriteFixed64(bits);
                break;
            case CriuFieldKind.SInt32:
                var half = (int)bits;
                _writer.WriteVarint((uint)(half << 1 ^ half >> 31));
                break;
            case CriuFieldKind.SInt64:
                var whole = (long)bits;
                _writer.WriteVarint((ulong)(whole << 1 ^ whole >> 63));
                break;
            default:
                _writer.WriteVarint(bits);
                break;
        }
    }
}
