namespace KubeCheckpoint;

/// <summary>As what the bytes of memory are read when text is looked for.</summary>
public enum MemoryEncoding
{
    /// <summary>UTF-8 and UTF-16: what programs of any language leave in memory.</summary>
    Both,

    /// <summary>UTF-8, and with it ASCII.</summary>
    Utf8,

    /// <summary>UTF-16, little-endian, at even and odd addresses: strings of .NET, Java and JavaScript.</summary>
    Utf16,

    /// <summary>Every byte a character, U+0000 to U+00FF: for patterns of bytes such as <c>MZ.{58}\x00\x00</c>.</summary>
    Latin1,
}
