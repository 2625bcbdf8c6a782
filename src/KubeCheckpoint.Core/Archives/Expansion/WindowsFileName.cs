namespace KubeCheckpoint.Archives.Expansion;

/// <summary>
/// File names that are not valid on Windows or have a special meaning there: "Naming Files, Paths, and Namespaces" in the
/// documentation of Win32.
/// </summary>
internal static class WindowsFileName
{
    private const string Illegal = "<>:\"/\\|?*";

    private static readonly string[] Devices =
    [
        "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
        .. "0123456789\u00b9\u00b2\u00b3".SelectMany(number => new[] { $"COM{number}", $"LPT{number}" }),
    ];

    /// <summary>True for a character that is not allowed in a file name.</summary>
    public static bool IsIllegal(char letter) => letter < ' ' || Illegal.Contains(letter, StringComparison.Ordinal);

    /// <summary>True for the name of a device, with or without an extension.</summary>
    public static bool IsDevice(string name) => Devices.Contains(name.Split('.')[0].TrimEnd(), StringComparer.OrdinalIgnoreCase);

    /// <summary>Why a name cannot be used, or null.</summary>
    public static string? Problem(string name)
    {
        if (name.Any(IsIllegal))
            return "Windows allows none of < > : \" / \\ | ? * and no control characters in a name";
        if (name[^1] is '.' or ' ')
            return "Windows removes dots and spaces at the end of a name";
        return IsDevice(name) ? "Windows reserves this name for a device" : null;
    }
}
