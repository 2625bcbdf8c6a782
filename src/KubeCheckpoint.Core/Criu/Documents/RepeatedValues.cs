namespace KubeCheckpoint.Criu.Documents;

/// <summary>Collects the values of a repeated field.</summary>
internal sealed class RepeatedValues(CriuField field)
{
    private readonly List<ulong>? _numbers = HasNumbers(field) ? [] : null;
    private readonly List<object>? _objects = HasNumbers(field) ? null : [];

    public void Add(ulong bits) => _numbers!.Add(bits);

    public void Add(object value) => _objects!.Add(value);

    /// <summary>Whether the field's values are added by <see cref="Add(ulong)"/>.</summary>
    public static bool HasNumbers(CriuField field) => field.IsNumber && field.Kind != CriuFieldKind.Enumeration;

    /// <summary>An array of the field's own type.</summary>
    public Array ToArray() => field.Kind switch
    {
        CriuFieldKind.Bool => Convert(_numbers!, bits => bits != 0),
        CriuFieldKind.Int32 or CriuFieldKind.SInt32 => Convert(_numbers!, bits => (int)bits),
        CriuFieldKind.Int64 or CriuFieldKind.SInt64 => Convert(_numbers!, bits => (long)bits),
        CriuFieldKind.UInt32 or CriuFieldKind.Fixed32 => Convert(_numbers!, bits => (uint)bits),
        CriuFieldKind.UInt64 or CriuFieldKind.Fixed64 => _numbers!.ToArray(),
        _ => _objects!.ToArray(),
    };

    private static T[] Convert<T>(List<ulong> numbers, Func<ulong, T> convert)
    {
        var result = new T[numbers.Count];
        for (var i = 0; i < result.Length; i++)
            result[i] = convert(numbers[i]);
        return result;
    }
}
