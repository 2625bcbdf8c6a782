using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives;

/// <summary>
/// A file for what does not fit into memory, which only its owner can read. It is gone when it is closed; on Linux and macOS it has
/// no name from the beginning, so that not even a killed process leaves it behind.
/// </summary>
internal static class TemporaryFile
{
    /// <summary>Where the files are: TMPDIR, TEMP on Windows.</summary>
    public static string Folder => Path.GetTempPath();

    /// <summary>Makes one, open for reading and writing.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static SafeFileHandle Create()
    {
        var path = Path.Combine(Folder, $"KubeCheckpoint-{Guid.NewGuid():n}.tmp");
        if (OperatingSystem.IsWindows())
            return File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        using var named = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        File.Delete(path);
        return handle;
    }
}
