using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives;

/// <summary>
/// A temporary file that only its owner can read. It is gone when it is closed; on Linux and macOS it has no name from the
/// beginning, so that not even a killed process leaves it behind.
/// </summary>
internal static class TemporaryFile
{
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static SafeFileHandle Create()
    {
        var path = Path.Combine(Path.GetTempPath(), $"KubeCheckpoint-{Guid.NewGuid():n}.tmp");
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
