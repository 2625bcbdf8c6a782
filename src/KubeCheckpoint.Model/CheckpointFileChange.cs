namespace KubeCheckpoint;

/// <summary>A file of a container that differs from its image.</summary>
public sealed record CheckpointFileChange
{
    // The letters of ls, in the order of CheckpointFileType; a hard link is a file like any other to ls.
    private const string TypeLetters = "-dl-cbp";

    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>What happened to it.</summary>
    public required FileChangeKind Change { get; init; }

    /// <summary>Its absolute path in the container: <c>/etc/passwd</c>. Bytes that are not UTF-8 are escaped: <c>/home/caf\xE9</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Its type, or null for a deleted file, whose type the archive does not record.</summary>
    public CheckpointFileType? Type { get; init; }

    /// <summary>The size in bytes of a regular file; null for everything else.</summary>
    public long? Size { get; init; }

    /// <summary>The permission bits with setuid (04000), setgid (02000) and sticky (01000), or null for a deleted file.</summary>
    public int? Mode { get; init; }

    /// <summary>Type and permissions as ls shows them, <c>-rwsr-xr-x</c>, or null for a deleted file.</summary>
    public string? UnixMode => Mode is { } mode && Type is { } type ? Text(type, mode) : null;

    /// <summary>The owner's id in the container, or null for a deleted file.</summary>
    public long? UserId { get; init; }

    /// <summary>The group's id in the container, or null for a deleted file.</summary>
    public long? GroupId { get; init; }

    /// <summary>The owner's name, or null where the archive has none: engines write ids only.</summary>
    public string? UserName { get; init; }

    /// <summary>The group's name, or null where the archive has none.</summary>
    public string? GroupName { get; init; }

    /// <summary>When its content was last changed, or null where the archive does not say.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>The target of a symbolic link, unchanged; for a hard link, the path in the container of the file it links to.</summary>
    public string? LinkTarget { get; init; }

    /// <summary>
    /// The capabilities that the file gives to a process that runs it, as getcap shows them: <c>cap_net_raw=ep</c>. Null where it gives none.
    /// </summary>
    public string? Capability { get; init; }

    /// <summary>The extended attributes in the archive, in the order of their names: capabilities, labels, access control lists, and others.</summary>
    public IReadOnlyList<CheckpointFileXattr> ExtendedAttributes { get; init; } = [];

    /// <summary>The path in the container.</summary>
    public override string ToString() => TerminalText.Line(Path);

    private static string Text(CheckpointFileType type, int mode) => string.Create(10, (type, mode), static (text, file) =>
    {
        text[0] = TypeLetters[(int)file.type];
        for (var bit = 0; bit < 9; bit++)
            text[bit + 1] = (file.mode & (0x100 >> bit)) != 0 ? "rwx"[bit % 3] : '-';
        Mark(ref text[3], (file.mode & 0x800) != 0, 's');
        Mark(ref text[6], (file.mode & 0x400) != 0, 's');
        Mark(ref text[9], (file.mode & 0x200) != 0, 't');
    });

    private static void Mark(ref char execute, bool isSet, char letter)
    {
        if (isSet)
            execute = execute == 'x' ? letter : char.ToUpperInvariant(letter);
    }
}
