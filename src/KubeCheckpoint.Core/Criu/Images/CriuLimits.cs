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
}
