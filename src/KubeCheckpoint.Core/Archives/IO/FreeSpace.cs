using System.Globalization;

namespace KubeCheckpoint.Archives.IO;

/// <summary>Asks whether a disk has space for a file before it is written.</summary>
internal static class FreeSpace
{
    // Asking takes about as long as writing so much.
    private const long Small = 256 * 1024;

    private const long Step = 64 * 1024 * 1024;

    /// <summary>Checks that bytes fit on the disk of a file.</summary>
    /// <param name="path">The file's path. Its folder need not exist yet.</param>
    /// <param name="needed">How many bytes will be allocated: those of the file without its holes.</param>
    /// <exception cref="KubeCheckpointException">DestinationDiskFull, with both numbers.</exception>
    public static void Require(string path, long needed)
    {
        if (needed > Small && AvailableAt(path) is { } available && available < needed)
            throw ArchiveFailure.DestinationDiskFull(path, needed, available);
    }

    /// <summary>
    /// Checks that a file whose size is not known in advance can go on growing, so that the disk is never filled to the last byte.
    /// </summary>
    /// <param name="folder">The file's folder.</param>
    /// <param name="written">How many bytes were written.</param>
    /// <returns>How many bytes may be written before the next check.</returns>
    /// <exception cref="IOException">There is hardly any space left.</exception>
    public static long RequireStep(string folder, long written) => AvailableAt(folder) is { } available && available < 2 * Step
        ? throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{written} bytes were written, and only {available} are free."))
        : written + Step;

    /// <summary>How many bytes a user may still write to the disk of a path; null where the system does not tell, as of network shares.</summary>
    /// <param name="path">A path; it need not exist yet.</param>
    public static long? AvailableAt(string path)
    {
        try
        {
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(Path.GetFullPath(path))! : ExistingFolder(path)).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string ExistingFolder(string path)
    {
        var folder = Path.GetFullPath(path);
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
            folder = parent;
        return folder;
    }
}
