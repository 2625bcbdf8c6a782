using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace KubeCheckpoint.Formatting;

/// <summary>Objects of this module as Format-Wide and Format-Custom show them. Called by Views/Shapes.format.ps1xml.</summary>
public static class ObjectDisplay
{
    private const int Deepest = 5;
    private const int MostBytes = 64;

    /// <summary>The short text of an object.</summary>
    /// <param name="value">The object.</param>
    public static string? Name(object value) => Display.Printable(value.ToString());

    /// <summary>An object with its properties, and the objects in them, in the manner of PowerShell's own Format-Custom.</summary>
    /// <param name="value">The object.</param>
    public static string Tree(object value)
    {
        var text = new StringBuilder();
        Append(text, value, "", depth: 0);
        return text.ToString();
    }

    private static void Append(StringBuilder text, object? value, string indent, int depth)
    {
        switch (value)
        {
            case byte[] bytes:
                text.Append(Convert.ToHexString(bytes, 0, Math.Min(bytes.Length, MostBytes))).Append(bytes.Length > MostBytes ? "..." : "");
                break;
            case IEnumerable<KeyValuePair<string, string>> pairs:
                AppendItems(text, pairs.Select(pair => $"{pair.Key}={pair.Value}"), indent, depth);
                break;
            case IEnumerable items and not string:
                AppendItems(text, items, indent, depth);
                break;
            case not null and not PodManifest when depth < Deepest && IsOurs(value.GetType()):
                AppendProperties(text, value, indent, depth);
                break;
            default:
                text.Append(Display.Printable(Convert.ToString(value, CultureInfo.InvariantCulture)));
                break;
        }
    }

    private static void AppendProperties(StringBuilder text, object value, string indent, int depth)
    {
        text.Append("class ").Append(value.GetType().Name).Append('\n').Append(indent).Append('{');
        var properties = value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance);
        foreach (var property in properties.Where(property => property.GetIndexParameters().Length == 0))
        {
            text.Append('\n').Append(indent).Append("  ").Append(property.Name).Append(" = ");
            Append(text, property.GetValue(value), indent + "  ", depth + 1);
        }

        text.Append('\n').Append(indent).Append('}');
    }

    private static void AppendItems(StringBuilder text, IEnumerable items, string indent, int depth)
    {
        text.Append('[');
        var isEmpty = true;
        foreach (var item in items)
        {
            text.Append('\n').Append(indent).Append("  ");
            Append(text, item, indent + "  ", depth + 1);
            isEmpty = false;
        }

        text.Append(isEmpty ? "" : $"\n{indent}").Append(']');
    }

    private static bool IsOurs(Type type) => !type.IsEnum && type.Namespace == typeof(Pod).Namespace;
}
