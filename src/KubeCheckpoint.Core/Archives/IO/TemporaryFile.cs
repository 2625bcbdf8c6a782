using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives.IO;

/// <summary>
/// A temporary file that only its owner can read. It is deleted when it is closed; on Linux and macOS it has
/// no name from the start, so that even a killed process leaves nothing behind.
/// </summary>
internal static class TemporaryFile
{
    /// <summary>The folder for temporary files: TMPDIR, TEMP on Windows.</summary>
    public static string Folder => Path.GetTempPath();

    /// <summary>Creates a file, open for reading and writing.</summary>
    /// <exception cref="IOException">The folder is not writable.</exception>
    /// <exception cref="UnauthorizedAccessException">Access to the folder is denied.</exception>
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
