using KubeCheckpoint.Budgets;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>
/// Converts entries to bytes and back without loss: an entry whose fields alone would not reproduce its bytes (fields out of order, numbers
/// longer than necessary) keeps the original bytes.
/// </summary>
/// <param name="meter">Compares what is allocated while an entry is decoded with a budget; null for entries of the user.</param>
internal sealed class EntryCodec(AllocationMeter? meter = null)
{
    private readonly MessageEncoder _encoder = new();
    private readonly MessageEncoder _second = new();

    /// <summary>Decodes an entry.</summary>
    /// <exception cref="WireException">The bytes are not a message.</exception>
    public CriuObject Decode(ReadOnlySpan<byte> bytes, CriuShape shape)
    {
        var entry = MessageDecoder.Decode(bytes, shape, meter);
        if (!_encoder.Encode(entry, shape).SequenceEqual(bytes))
            entry.Add(CriuObject.RawBytes, bytes.ToArray());
        return entry;
    }

    /// <summary>Encodes an entry: its original bytes if it is unchanged, otherwise its fields.</summary>
    /// <returns>Its bytes, valid until the next call.</returns>
    /// <exception cref="EntryValueException">A name or value does not fit.</exception>
    public ReadOnlySpan<byte> Encode(CriuObject entry, CriuShape shape)
    {
        var encoded = _encoder.Encode(entry, shape);
        if (entry.Find(CriuObject.RawBytes) is not { } raw)
            return encoded;
        try
        {
            var original = EntryValue.ToBytes(raw);
            return _second.Encode(MessageDecoder.Decode(original, shape), shape).SequenceEqual(encoded) ? original : encoded;
        }
        catch (WireException exception)
        {
            throw new EntryValueException($"it is not a message: {exception.Message}").Within(CriuObject.RawBytes);
        }
        catch (EntryValueException exception)
        {
            throw exception.Within(CriuObject.RawBytes);
        }
    }
}
