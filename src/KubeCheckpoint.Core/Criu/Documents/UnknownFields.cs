namespace KubeCheckpoint.Criu.Documents;

/// <summary>
/// Writes the fields of a message that the definitions do not know: each before the first known field with a
/// greater number, which is where a newer CRIU writes it.
/// </summary>
internal ref struct UnknownFields
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;

    /// <param name="value">The message's <see cref="CriuObject.UnknownFields"/>, or null.</param>
    public UnknownFields(object? value) => _bytes = value is null ? [] : Bytes(value);

    /// <summary>Writes the fields that come before a field number.</summary>
    public void WriteBefore(int number, WireWriter writer)
    {
        while (_position < _bytes.Length)
        {
            var reader = new WireReader(_bytes[_position..]);
            var tag = ReadField(ref reader, _bytes.Length - _position);
            if (WireReader.NumberOf(tag) >= (uint)number)
                return;
            writer.Write(_bytes.Slice(_position, reader.Position));
            _position += reader.Position;
        }
    }

    private static uint ReadField(ref WireReader reader, int end)
    {
        try
        {
            var tag = reader.ReadTag(end);
            reader.SkipValue(tag, end, 0);
            return tag;
        }
        catch (WireException exception)
        {
            throw new EntryValueException($"it is not a sequence of fields: {exception.Message}").Within(CriuObject.UnknownFields);
        }
    }

    private static byte[] Bytes(object value)
    {
        try
        {
            return EntryValue.ToBytes(value);
        }
        catch (EntryValueException exception)
        {
            throw exception.Within(CriuObject.UnknownFields);
        }
    }
}
