namespace KubeCheckpoint.Criu.Documents;

/// <summary>An entry of an image, or a message in one: names and values in their order.</summary>
/// <remarks>
/// Values are <see cref="bool"/>, <see cref="int"/>, <see cref="uint"/>, <see cref="long"/>, <see cref="ulong"/>, <see cref="string"/>
/// (text, or the name of an enumeration's value), <see cref="byte"/> arrays, other objects, and arrays of these. Text that is not
/// UTF-8 is kept as bytes.
/// </remarks>
public sealed class CriuObject
{
    /// <summary>The property with the fields that the definitions do not know, as bytes of the image.</summary>
    public const string UnknownFields = "_unknown";

    /// <summary>The property with the original bytes of an entry that encoding its fields would not reproduce.</summary>
    public const string RawBytes = "_raw";

    /// <summary>The property with the padding of a payload, where it is not zeros.</summary>
    public const string Padding = "_padding";

    /// <summary>The property with the payload of an entry, by its name in crit.</summary>
    public const string Payload = "extra";

    private CriuProperty[] _properties = [];
    private int _count;

    /// <summary>The properties in their order.</summary>
    public ReadOnlySpan<CriuProperty> Properties => _properties.AsSpan(0, _count);

    /// <summary>Adds a property at the end.</summary>
    /// <param name="name">Its name, which no other may have.</param>
    /// <param name="value">Its value.</param>
    public void Add(string name, object value)
    {
        if (_count == _properties.Length)
            Array.Resize(ref _properties, Math.Max(4, _count * 2));
        _properties[_count++] = new CriuProperty(name, value);
    }

    /// <summary>The value of a property, whatever the case of its name, or null.</summary>
    /// <param name="name">Its name.</param>
    public object? Find(string name)
    {
        foreach (var property in Properties)
        {
            if (string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase))
                return property.Value;
        }
        return null;
    }

    /// <summary>The index of the property with a name from the definitions, compared by reference; -1 for none.</summary>
    internal int IndexOf(string name)
    {
        for (var i = _count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(_properties[i].Name, name))
                return i;
        }
        return -1;
    }

    internal void Replace(int index, object value) => _properties[index] = _properties[index] with { Value = value };

    /// <summary>Replaces the value of a property, or adds the property.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    internal void Set(string name, object value)
    {
        if (PositionOf(name) is >= 0 and var index)
            Replace(index, value);
        else
            Add(name, value);
    }

    /// <summary>Removes a property; false where there is none.</summary>
    /// <param name="name">Its name.</param>
    internal bool Remove(string name)
    {
        var index = PositionOf(name);
        if (index < 0)
            return false;
        Array.Copy(_properties, index + 1, _properties, index, --_count - index);
        _properties[_count] = default;
        return true;
    }

    private int PositionOf(string name)
    {
        for (var i = 0; i < _count; i++)
        {
            if (string.Equals(_properties[i].Name, name, StringComparison.OrdinalIgnoreCase))
                return i;
        }
        return -1;
    }
}

/// <summary>A name and a value in a <see cref="CriuObject"/>.</summary>
/// <param name="Name">The name, as CRIU's definitions and crit spell it.</param>
/// <param name="Value">The value.</param>
public readonly record struct CriuProperty(string Name, object Value);
