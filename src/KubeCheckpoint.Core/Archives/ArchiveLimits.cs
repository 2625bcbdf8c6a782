namespace KubeCheckpoint.Archives;

/// <summary>
/// How much of an archive is believed. Archives come out of containers that may be compromised, so nothing is allocated or
/// parsed by a number the archive names until it has been held against one of these.
/// </summary>
internal static class ArchiveLimits
{
    /// <summary>The largest JSON member that is read, in bytes: 16 MiB. A real config.dump or spec.dump is some tens of KiB.</summary>
    public const int JsonMemberSize = 16 * 1024 * 1024;

    /// <summary>How deep JSON may nest. The OCI runtime spec needs fewer than ten levels.</summary>
    public const int JsonDepth = 64;

    /// <summary>How many members an archive may have. CRIU writes about ten files per process.</summary>
    public const int MemberCount = 500_000;

    /// <summary>How many changed files a container may have: more than any image has files.</summary>
    public const int FileCount = 20_000_000;

    /// <summary>How much of one line of a log is kept, in bytes: 256 KiB. Runtimes cut a container's lines at 16 KiB, CRIU its own at 8 KiB.</summary>
    public const int LogLineSize = 256 * 1024;

    /// <summary>How much of one line of a container is kept, in bytes: 1 MiB, of as many parts as the runtime made of it.</summary>
    public const int LogMessageSize = 1024 * 1024;

    /// <summary>The longest member name in bytes: PATH_MAX of Linux.</summary>
    public const int NameLength = 4096;

    /// <summary>The largest PAX header or GNU long name that is read, in bytes: 1 MiB, as Go's archive/tar has it.</summary>
    public const int ExtendedHeaderSize = 1024 * 1024;
}
