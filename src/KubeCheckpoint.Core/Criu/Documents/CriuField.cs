using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>A field of a message, as the definitions describe it.</summary>
internal sealed class CriuField
{
    private readonly FieldDescriptor _descriptor;
    private readonly FrozenDictionary<int, string>? _namesOfValues;
    private CriuShape? _message;

    public CriuField(FieldDescriptor descriptor)
    {
        _descriptor = descriptor;
        Kind = KindOf(descriptor.FieldType);
        IsNumber = Kind is not (CriuFieldKind.Text or CriuFieldKind.Bytes or CriuFieldKind.Message);
        WireType = Kind switch
        {
            CriuFieldKind.Fixed32 => WireType.Fixed32,
            CriuFieldKind.Fixed64 => WireType.Fixed64,
            _ => IsNumber ? WireType.Varint : WireType.Length,
        };
        if (Kind == CriuFieldKind.Enumeration)
            _namesOfValues = descriptor.EnumType.Values.DistinctBy(value => value.Number).ToFrozenDictionary(value => value.Number, value => value.Name);
    }

    /// <summary>The name in CRIU's definitions, which crit prints too.</summary>
    public string Name => _descriptor.Name;

    public int Number => _descriptor.FieldNumber;

    public CriuFieldKind Kind { get; }

    public bool IsRepeated => _descriptor.IsRepeated;

    /// <summary>Whether CRIU writes its values packed under one tag.</summary>
    public bool IsPacked => _descriptor.IsPacked;

    /// <summary>Whether its values can be packed.</summary>
    public bool IsNumber { get; }

    /// <summary>The wire type of a single value.</summary>
    public WireType WireType { get; }

    /// <summary>Whether crit shows its bytes as quoted-printable instead of base64: the names of unix sockets.</summary>
    public bool IsQuotedPrintable => _descriptor is { Name: "name", ContainingType.Name: "UnixSkEntry" };

    /// <summary>The fields of the message in it.</summary>
    public CriuShape Message => _message ??= CriuShape.Of(_descriptor.MessageType);

    /// <summary>The name of an enumeration's value, or null.</summary>
    public string? NameOf(int value) => _namesOfValues!.GetValueOrDefault(value);

    /// <summary>The value of an enumeration's name, or null.</summary>
    public int? ValueOf(string name)
    {
        foreach (var value in _descriptor.EnumType.Values)
        {
            if (string.Equals(value.Name, name, StringComparison.OrdinalIgnoreCase))
                return value.Number;
        }
        return null;
    }

    /// <summary>The names of an enumeration's values.</summary>
    public IEnumerable<string> ValueNames => _descriptor.EnumType.Values.Select(value => value.Name);

    private static CriuFieldKind KindOf(FieldType type) => type switch
    {
        FieldType.Bool => CriuFieldKind.Bool,
        FieldType.Int32 => CriuFieldKind.Int32,
        FieldType.SInt32 => CriuFieldKind.SInt32,
        FieldType.Int64 => CriuFieldKind.Int64,
        FieldType.SInt64 => CriuFieldKind.SInt64,
        FieldType.UInt32 => CriuFieldKind.UInt32,
        FieldType.UInt64 => CriuFieldKind.UInt64,
        FieldType.Fixed32 => CriuFieldKind.Fixed32,
        FieldType.Fixed64 => CriuFieldKind.Fixed64,
        FieldType.Enum => CriuFieldKind.Enumeration,
        FieldType.String => CriuFieldKind.Text,
        FieldType.Bytes => CriuFieldKind.Bytes,
        FieldType.Message => CriuFieldKind.Message,
        _ => throw new NotSupportedException($"CRIU's definitions have no field of type {type}."),
    };
}
