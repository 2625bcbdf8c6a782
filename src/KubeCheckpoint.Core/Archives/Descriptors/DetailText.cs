using System.Globalization;

namespace KubeCheckpoint.Archives.Descriptors;

/// <summary>Numbers and lists as text.</summary>
internal static class DetailText
{
    // What an archive lists is shown as far as somebody would read it.
    private const int Shown = 32;

    public static string Of(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Of(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string List<T>(ICollection<T> items, Func<T, string> text)
    {
        var shown = string.Join(", ", items.Take(Shown).Select(text));
        return items.Count <= Shown ? shown : $"{shown} and {Of(items.Count - Shown)} more";
    }
}
