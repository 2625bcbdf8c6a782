using System.Collections.Concurrent;
using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>The fields a message can have.</summary>
internal sealed class CriuShape
{
    private static readonly ConcurrentDictionary<string, CriuShape> Known = new(StringComparer.Ordinal);

    private readonly CriuField?[] _byNumber;
    private readonly FrozenDictionary<string, int> _byName;

    private CriuShape(MessageDescriptor descriptor)
    {
        Fields = [.. descriptor.Fields.InFieldNumberOrder().Select(field => new CriuField(field))];
        _byNumber = new CriuField?[Fields.Length == 0 ? 0 : Fields[^1].Number + 1];
        foreach (var field in Fields)
            _byNumber[field.Number] = field;
        _byName = Fields.Index().ToFrozenDictionary(item => item.Item.Name, item => item.Index, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Ascending by number.</summary>
    public CriuField[] Fields { get; }

    public static CriuShape Of(MessageDescriptor descriptor) =>
        Known.TryGetValue(descriptor.FullName, out var shape) ? shape : Known.GetOrAdd(descriptor.FullName, new CriuShape(descriptor));

    /// <summary>The field of a number, or null.</summary>
    public CriuField? Find(uint number) => number < (uint)_byNumber.Length ? _byNumber[number] : null;

    /// <summary>The index among <see cref="Fields"/> of the field of a name, whatever its case; -1 where there is none.</summary>
    /// <param name="name">The name.</param>
    /// <param name="guess">The index to try first: entries mostly have their fields in this order.</param>
    public int IndexOf(string name, int guess)
    {
        for (var i = guess; i < Fields.Length; i++)
        {
            if (ReferenceEquals(Fields[i].Name, name))
                return i;
        }
        return _byName.GetValueOrDefault(name, -1);
    }
}
