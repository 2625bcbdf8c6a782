namespace KubeCheckpoint.Archives;

/// <summary>What a member of an archive is, by its tar type flag.</summary>
public enum ArchiveMemberKind
{
    /// <summary>A regular file: the only kind that has data.</summary>
    File,

    /// <summary>A folder.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>A hard link to another member.</summary>
    HardLink,

    /// <summary>A device, a fifo or a type this reader does not know.</summary>
    Other,
}
