namespace KubeCheckpoint.Archives;

/// <summary>What a member of an archive is, by its tar type flag.</summary>
public enum ArchiveMemberKind
{
    /// <summary>A regular file: the only kind that has data.</summary>
    File,

    /// <summary>A folder.</summary>
    Directory,

    /// <summary>A symbolic link that leads to no file of the archive.</summary>
    SymbolicLink,

    /// <summary>A hard link, in a tar whose links are not followed: the changed files of a container, or a layer of an image.</summary>
    HardLink,

    /// <summary>A device, a fifo or a type this reader does not know.</summary>
    Other,
}
