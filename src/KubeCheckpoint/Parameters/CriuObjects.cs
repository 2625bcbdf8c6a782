using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Documents;

namespace KubeCheckpoint.Parameters;

/// <summary>Entries of CRIU images as objects of PowerShell's, and back.</summary>
internal static class CriuObjects
{
    // Deeper than any message may be; a hashtable that holds itself is.
    private const int DepthLimit = 100;

    /// <summary>The object of an entry; an object that is one already.</summary>
    public static object ToObject(object entry) => entry is CriuObject fields ? ToObject(fields) : entry;

    /// <summary>An entry out of an object, a hashtable, or what ConvertFrom-Json has made.</summary>
    /// <param name="type">The image's type.</param>
    /// <param name="value">The object.</param>
    /// <param name="index">The entry's place in the image.</param>
    public static CriuObject FromObject(string type, object? value, int index)
    {
        if (value is CriuObject untouched)
            return untouched;
        var place = string.Create(CultureInfo.InvariantCulture, $"Entries[{index}]");
        return Convert(type, place, value, 0) as CriuObject ?? throw CriuFailure.CriuEntryInvalid(type, place, "it is no object with fields");
    }

    private static PSObject ToObject(CriuObject fields)
    {
        var result = New(fields.Properties.Length);
        var properties = result.Properties;
        foreach (var (name, value) in fields.Properties)
            properties.Add(new PSNoteProperty(name, ToValue(value)), preValidated: true);
        return result;
    }

    private static object ToValue(object value)
    {
        if (value is CriuObject fields)
            return ToObject(fields);
        return value is object[] values ? Array.ConvertAll(values, ToValue) : value;
    }

    private static object? Convert(string type, string place, object? value, int depth)
    {
        if (depth > DepthLimit)
            throw CriuFailure.CriuEntryInvalid(type, place, $"objects are nested more than {DepthLimit} deep");
        var inner = value is PSObject wrapped ? wrapped.BaseObject : value;
        return inner switch
        {
            IDictionary members => FromMembers(type, place, members, depth),
            PSCustomObject => FromProperties(type, place, (PSObject)value!, depth),
            null or string or byte[] or uint[] or ulong[] or int[] or long[] or bool[] or ushort[] => inner,
            IEnumerable values => values.Cast<object?>().Select((item, index) => Convert(type, Element(place, index), item, depth + 1)).ToArray(),
            _ => inner,
        };
    }

    private static CriuObject FromMembers(string type, string place, IDictionary members, int depth)
    {
        var result = new CriuObject();
        foreach (DictionaryEntry member in members)
            Add(result, type, place, member.Key.ToString() ?? "", member.Value, depth);
        return result;
    }

    private static CriuObject FromProperties(string type, string place, PSObject value, int depth)
    {
        var result = new CriuObject();
        foreach (var property in value.Properties)
            Add(result, type, place, property.Name, Read(type, place, property), depth);
        return result;
    }

    private static object? Read(string type, string place, PSPropertyInfo property)
    {
        try
        {
            return property.Value;
        }
        catch (GetValueException exception)
        {
            throw CriuFailure.CriuEntryInvalid(type, $"{place}.{property.Name}", exception.Message, exception);
        }
    }

    private static void Add(CriuObject target, string type, string place, string name, object? value, int depth)
    {
        // The place is put together only where there is more to go down to.
        var isLeaf = value is null or string or byte[] || value.GetType().IsPrimitive;
        if ((isLeaf ? value : Convert(type, $"{place}.{name}", value, depth + 1)) is { } converted)
            target.Add(name, converted);
    }

    private static string Element(string place, int index) => string.Create(CultureInfo.InvariantCulture, $"{place}[{index}]");

    // PowerShell 7 has it, PowerShellStandard.Library does not: a table that need not grow is a third of the cost of an object.
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern PSObject New(int instanceMemberCapacity);
}
