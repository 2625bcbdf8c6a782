namespace KubeCheckpoint;

/// <summary>The encoding of text that is searched for in memory.</summary>
public enum MemoryEncoding
{
    /// <summary>UTF-8 and UTF-16.</summary>
    Both,

    /// <summary>UTF-8, which includes ASCII.</summary>
    Utf8,

    /// <summary>Little-endian UTF-16: the strings of .NET, Java and JavaScript.</summary>
    Utf16,

    /// <summary>One character per byte, U+0000 to U+00FF, for byte patterns such as <c>MZ.{58}\x00\x00</c>.</summary>
    Latin1,
}
