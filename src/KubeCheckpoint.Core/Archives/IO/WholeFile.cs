namespace KubeCheckpoint.Archives.IO;

/// <summary>Files that appear completely or not at all, and are readable by their owner only: a checkpoint holds the memory of a process.</summary>
internal static class WholeFile
{
    /// <summary>ENOSPC and EDQUOT of Linux, EDQUOT of macOS, ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL of Windows.</summary>
    private static readonly int[] DiskFullCodes = [28, 122, 69, unchecked((int)0x80070027), unchecked((int)0x80070070)];

    /// <summary>The failure for an exception that occurred while writing a file.</summary>
    public static KubeCheckpointException FailureOf(string path, Exception exception) => IsDiskFull(exception)
        ? ArchiveFailure.DestinationDiskFull(path, exception)
        : ArchiveFailure.DestinationNotWritable(path, exception);

    /// <summary>True where the disk is full.</summary>
    public static bool IsDiskFull(Exception exception) => exception is IOException && DiskFullCodes.Contains(exception.HResult);

    /// <summary>Writes a file.</summary>
    public static void Write(string path, bool overwrite, Action<FileStream> write, bool durable = true) => Write(
        Path.GetDirectoryName(path)!,
        file =>
        {
            write(file);
            return path;
        },
        finalPath => Path.GetFileName(finalPath),
        overwrite,
        durable);

    /// <summary>Writes a file under a temporary name, flushes it to disk if requested, and renames it to the name the result determines.</summary>
    public static T Write<T>(string folder, Func<FileStream, T> write, Func<T, string> nameOf, bool overwrite, bool durable = true)
    {
        var partial = Path.Combine(folder, $"{Guid.NewGuid():n}.partial");
        try
        {
            T result;
            using (var file = new FileStream(partial, Options()))
            {
                result = write(file);
                file.Flush(flushToDisk: durable);
            }
            Publish(partial, Path.Combine(folder, nameOf(result)), overwrite, durable);
            return result;
        }
        catch
        {
            Discard(partial);
            throw;
        }
    }

    /// <summary>Gives a complete file its name. A link of that name is replaced, not followed.</summary>
    public static void Publish(string partial, string path, bool overwrite, bool durable = true)
    {
        File.Move(partial, path, overwrite);
        if (durable)
            PrivateFolder.Flush(Path.GetDirectoryName(path)!);
    }

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    private static void Discard(string partial)
    {
        try
        {
            File.Delete(partial);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The original failure is more useful than this one.
        }
    }
}
