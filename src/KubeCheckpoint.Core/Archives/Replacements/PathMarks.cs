namespace KubeCheckpoint.Archives.Replacements;

/// <summary>What is known of a path.</summary>
[Flags]
internal enum PathMarks
{
    None = 0,

    /// <summary>deleted.files lists it.</summary>
    Deleted = 1,

    /// <summary>It exists, and is a folder.</summary>
    Folder = 2,

    /// <summary>It exists, and is not a folder.</summary>
    File = 4,

    /// <summary>A process refers to it.</summary>
    InUse = 8,

    /// <summary>It was deleted, and exists again as a folder.</summary>
    ReplacedByFolder = 16,

    /// <summary>A process refers to a file in it that rootfs-diff.tar lacks.</summary>
    Incomplete = 32,

    /// <summary>It is deleted, and nothing brings it back.</summary>
    Gone = 64,
}
