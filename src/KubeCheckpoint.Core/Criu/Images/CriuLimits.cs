namespace KubeCheckpoint.Criu.Images;

/// <summary>Limits for values that an image claims before its bytes have been read.</summary>
internal static class CriuLimits
{
    /// <summary>
    /// The largest message, in bytes: 64 MiB. The largest that CRIU writes is an mm_entry with all its VMAs, some 6 MB at the
    /// kernel's default of 65530 maps (vm.max_map_count).
    /// </summary>
    public const int MessageSize = 64 * 1024 * 1024;

    /// <summary>How many bytes are allocated at once while a length is unverified.</summary>
    public const int Step = 256 * 1024;

    /// <summary>
    /// The most payload of one image that is held in memory, in bytes: 256 MiB. CRIU keeps the content of deleted files up to 1 MiB each
    /// unless --ghost-limit says otherwise; pipes and socket queues are smaller.
    /// </summary>
    public const int PayloadSize = 256 * 1024 * 1024;

    /// <summary>How deep messages may be nested: 100, as in Google's own parsers.</summary>
    public const int MessageDepth = 100;

    /// <summary>How many entries of one image are converted: each gap in the memory of a process costs one in its pagemap.</summary>
    public const int EntryCount = 16_000_000;

    /// <summary>
    /// How many entries without a byte may follow each other: more than CRIU writes. Zeros read as such entries, and a compressed or sparse
    /// image has any number of zeros in a few bytes.
    /// </summary>
    public const int EmptyEntries = 1000;
}
