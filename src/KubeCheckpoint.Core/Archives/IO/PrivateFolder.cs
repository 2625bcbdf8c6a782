namespace KubeCheckpoint.Archives.IO;

/// <summary>Folders that only their owner can enter: what is written into them holds the memory of processes.</summary>
internal static class PrivateFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// Creates a folder and all of its parents that do not exist. One that exists stays as it is; it may be a link or be reached through one.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="IOException">It cannot be created, or a file has its name.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }
        // .NET gives the mode to the last folder only.
        if (Path.GetDirectoryName(Path.GetFullPath(path).TrimEnd('/')) is { Length: > 0 } parent && !Directory.Exists(parent))
            Make(parent);
        Directory.CreateDirectory(path, OwnerOnly);
    }

    /// <summary>Writes the names in a folder to disk, after a file in it got its name.</summary>
    /// <param name="path">The folder.</param>
    public static void Flush(string path)
    {
        // Windows writes names to disk on its own.
        if (OperatingSystem.IsWindows())
            return;
        try
        {
            using var folder = NativeFile.Open(NativeFile.CurrentFolder, path, NativeFile.Flags.Directory);
            NativeFile.Flush(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A folder that can be written and not read. The file has its name.
        }
    }
}
