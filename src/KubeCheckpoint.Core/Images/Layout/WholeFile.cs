namespace KubeCheckpoint.Images.Layout;

/// <summary>Files that appear whole or not at all, and only for their owner: a checkpoint holds the memory of a process.</summary>
internal static class WholeFile
{
    /// <summary>Writes a file whose name is known.</summary>
    public static void Write(string path, bool overwrite, Action<FileStream> write) => Write(
        Path.GetDirectoryName(path)!,
        file =>
        {
            write(file);
            return path;
        },
        finalPath => Path.GetFileName(finalPath),
        overwrite);

    /// <summary>Writes under a temporary name in a folder, makes it durable and renames it as the result says.</summary>
    public static T Write<T>(string folder, Func<FileStream, T> write, Func<T, string> nameOf, bool overwrite)
    {
        var partial = Path.Combine(folder, $"{Guid.NewGuid():n}.partial");
        try
        {
            T result;
            using (var file = new FileStream(partial, Options()))
            {
                result = write(file);
                file.Flush(flushToDisk: true);
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
