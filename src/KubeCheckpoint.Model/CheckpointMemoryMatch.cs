namespace KubeCheckpoint;

/// <summary>A place in the memory of a checkpoint where a pattern was found.</summary>
public sealed record CheckpointMemoryMatch
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The process's id in the container.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The process's name (comm).</summary>
    public required string ProcessName { get; init; }

    /// <summary>The address of the first byte.</summary>
    public required ulong Address { get; init; }

    /// <summary>The length of the match in bytes of memory.</summary>
    public required int Length { get; init; }

    /// <summary>
    /// What is mapped there: the path of a file, <c>/memfd:NAME</c>, <c>[heap]</c>, <c>[stack]</c>, <c>[anon]</c>, <c>[shmem]</c> or another
    /// name in brackets. A match that spans two maps counts for the first.
    /// </summary>
    public required string Map { get; init; }

    /// <summary>The first address of the map.</summary>
    public required ulong MapStart { get; init; }

    /// <summary>The address behind the map.</summary>
    public required ulong MapEnd { get; init; }

    /// <summary>Its permissions as in /proc/PID/maps, such as <c>rw-p</c>.</summary>
    public required string Permissions { get; init; }

    /// <summary>The bytes of the match as text, unescaped: it may hold control characters.</summary>
    public string Match => Encoding switch
    {
        MemoryEncoding.Utf16 => System.Text.Encoding.Unicode.GetString(Bytes),
        MemoryEncoding.Latin1 => System.Text.Encoding.Latin1.GetString(Bytes),
        _ => System.Text.Encoding.UTF8.GetString(Bytes),
    };

    /// <summary>The bytes of the match.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>The encoding the bytes were read in; <see cref="MemoryEncoding.Latin1"/> for a search for bytes.</summary>
    public required MemoryEncoding Encoding { get; init; }

    /// <summary>
    /// The match and the bytes around it as text on one line, with a dot for whatever cannot be shown. For a match of more than
    /// 4096 bytes, only its first 4096 and the bytes before it.
    /// </summary>
    public required string Context { get; init; }

    /// <summary>The member of the archive the first byte is in, such as <c>checkpoint/pages-1.img</c>.</summary>
    public required string PagesFile { get; init; }

    /// <summary>Where the first byte is in that member; -1 where it is compressed there.</summary>
    public required long Offset { get; init; }

    /// <summary>The pattern that matched; for bytes, their hexadecimal digits.</summary>
    public required string Pattern { get; init; }

    /// <summary>The process, the address and the context.</summary>
    public override string ToString() =>
        TerminalText.Line(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{ProcessId}:0x{Address:x}:{Context}"));
}
