namespace KubeCheckpoint.Criu.Documents;

/// <summary>Cached boxes of small numbers: flags and counts repeat in every entry of a large image.</summary>
internal static class Boxes
{
    private const int Count = 256;

    private static readonly object True = true;
    private static readonly object False = false;
    private static readonly object[] Small32 = [.. Enumerable.Range(0, Count).Select(number => (object)(uint)number)];
    private static readonly object[] Small64 = [.. Enumerable.Range(0, Count).Select(number => (object)(ulong)number)];

    public static object Of(bool value) => value ? True : False;

    public static object Of(uint value) => value < Count ? Small32[value] : value;

    public static object Of(ulong value) => value < Count ? Small64[value] : value;
}
