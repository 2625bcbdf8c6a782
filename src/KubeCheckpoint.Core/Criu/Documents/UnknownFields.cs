namespace KubeCheckpoint.Criu.Documents;

/// <summary>
/// The fields of a message that the definitions do not know, while it is written: each comes before the first known field of a
/// greater number, which is where a newer CRIU has put it.
/// </summary>
internal ref struct UnknownFields
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;

    /// <param name="value">What the message has as <see cref="CriuObject.UnknownFields"/>, or null.</param>
    public UnknownFields(object? value) => _bytes = value is null ? [] : Bytes(value);

    public void Restart() => _position = 0;

    /// <summary>Writes what comes before the field of a number.</summary>
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
            throw new EntryValueException($"it is no sequence of fields: {exception.Message}").Within(CriuObject.UnknownFields);
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
