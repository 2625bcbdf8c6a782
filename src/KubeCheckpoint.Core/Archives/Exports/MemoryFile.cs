using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Archives.Exports;

/// <summary>A file with the memory of a process: written completely or not at all, readable by its owner only.</summary>
internal static class MemoryFile
{
    /// <summary>Writes the file, and creates its folder if it is missing.</summary>
    /// <exception cref="KubeCheckpointException">DestinationExists, DestinationNotWritable or DestinationDiskFull.</exception>
    public static void Write(string path, bool overwrite, Action<FileStream> write)
    {
        CheckExisting(path, overwrite);
        try
        {
            PrivateFolder.Make(Path.GetDirectoryName(path)!);
            WholeFile.Write(path, overwrite, write);
        }
        catch (IOException) when (!overwrite && File.Exists(path))
        {
            throw ArchiveFailure.DestinationExists(path, isFolder: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw WholeFile.FailureOf(path, exception);
        }
    }

    // Checked before the work: writing a core file may take minutes.
    private static void CheckExisting(string path, bool overwrite)
    {
        var isLink = new FileInfo(path).LinkTarget is not null;
        if (Directory.Exists(path) && !isLink)
            throw ArchiveFailure.DestinationExists(path, isFolder: true);
        if (!overwrite && (isLink || File.Exists(path)))
            throw ArchiveFailure.DestinationExists(path, isFolder: false);
    }
}
