namespace KubeCheckpoint.Criu.Images;

/// <summary>How much of an image is believed before its bytes have been seen.</summary>
internal static class CriuLimits
{
    /// <summary>
    /// The largest message, in bytes: 64 MiB. The largest that CRIU writes is an mm_entry with all its VMAs, some 6 MB at the
    /// kernel's default of 65530 maps (vm.max_map_count).
    /// </summary>
    public const int MessageSize = 64 * 1024 * 1024;

    /// <summary>How many bytes are taken at once while it is not known whether a length is true.</summary>
    public const int Step = 256 * 1024;

    /// <summary>
    /// The most payload that is held of one image, in bytes: 256 MiB. CRIU keeps the content of deleted files up to 1 MiB each
    /// unless --ghost-limit says otherwise; pipes and socket queues are smaller.
    /// </summary>
    public const int PayloadSize = 256 * 1024 * 1024;

    /// <summary>How deep messages may be nested: 100, as Google's own parsers have it.</summary>
    public const int MessageDepth = 100;

    /// <summary>How many messages and texts may stand in one entry. An mm_entry has one for each map: 65530 by default.</summary>
    public const int ObjectCount = 4_000_000;

    /// <summary>How many entries of one image are converted: each gap in the memory of a process costs one in its pagemap.</summary>
    public const int EntryCount = 16_000_000;
}
