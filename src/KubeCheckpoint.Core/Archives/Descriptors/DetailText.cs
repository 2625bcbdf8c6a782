using System.Globalization;

namespace KubeCheckpoint.Archives.Descriptors;

/// <summary>Numbers and lists as text.</summary>
internal static class DetailText
{
    // A list from an archive may be very long; only the beginning is shown.
    private const int Shown = 32;

    public static string Of(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Of(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string List<T>(ICollection<T> items, Func<T, string> text)
    {
        var shown = string.Join(", ", items.Take(Shown).Select(text));
        return items.Count <= Shown ? shown : $"{shown} and {Of(items.Count - Shown)} more";
    }
}
