namespace KubeCheckpoint.Archives;

/// <summary>Files that appear whole or not at all, and only for their owner: a checkpoint holds the memory of a process.</summary>
internal static class WholeFile
{
    /// <summary>ENOSPC and EDQUOT of Linux, EDQUOT of macOS, ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL of Windows.</summary>
    private static readonly int[] DiskFullCodes = [28, 122, 69, unchecked((int)0x80070027), unchecked((int)0x80070070)];

    /// <summary>True where writing failed for want of room.</summary>
    public static bool IsDiskFull(Exception exception) => exception is IOException && DiskFullCodes.Contains(exception.HResult);

    /// <summary>DestinationDiskFull or DestinationNotWritable, for what writing threw.</summary>
    public static KubeCheckpointException FailureOf(string path, Exception exception) =>
        IsDiskFull(exception) ? ArchiveFailure.DestinationDiskFull(path, exception) : ArchiveFailure.DestinationNotWritable(path, exception);

    /// <summary>Writes a file whose name is known.</summary>
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

    /// <summary>Writes under a temporary name in a folder, makes it durable if that is wanted, and renames it as the result says.</summary>
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
            File.Move(partial, Path.Combine(folder, nameOf(result)), overwrite);
            return result;
        }
        catch
        {
            Discard(partial);
            throw;
        }
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
            // The failure that led here says more than this one.
        }
    }
}
