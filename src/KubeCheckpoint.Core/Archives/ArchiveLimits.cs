namespace KubeCheckpoint.Archives;

/// <summary>
/// Limits of the formats in an archive: more of it in one piece is no longer what it claims to be. What all pieces together may cost is
/// limited by <see cref="Budgets.ArchiveBudget"/>.
/// </summary>
internal static class ArchiveLimits
{
    /// <summary>The largest JSON member that is read, in bytes: 16 MiB. A real config.dump or spec.dump is some tens of KiB.</summary>
    public const int JsonMemberSize = 16 * 1024 * 1024;

    /// <summary>How deep JSON may nest. The OCI runtime spec needs fewer than ten levels.</summary>
    public const int JsonDepth = 64;

    /// <summary>How many ranges the sparse files of an archive may have together: as many as Go's archive/tar reads of one file.</summary>
    public const int SparseRangeCount = 1024 * 1024;

    /// <summary>How much of one line of a log is kept, in bytes: 256 KiB. Runtimes cut a container's lines at 16 KiB, CRIU its own at 8 KiB.</summary>
    public const int LogLineSize = 256 * 1024;

    /// <summary>How much of one line of a container is kept, in bytes: 1 MiB, joined from the runtime's parts.</summary>
    public const int LogMessageSize = 1024 * 1024;

    /// <summary>The longest member name in bytes: PATH_MAX of Linux.</summary>
    public const int NameLength = 4096;

    /// <summary>The largest PAX header or GNU long name that is read, in bytes: 1 MiB, as in Go's archive/tar.</summary>
    public const int ExtendedHeaderSize = 1024 * 1024;
}
