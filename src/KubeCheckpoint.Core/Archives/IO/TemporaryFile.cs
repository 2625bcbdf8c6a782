using KubeCheckpoint.Archives.Owners;
using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives.IO;

/// <summary>
/// A temporary file that only its owner can read. It is deleted when it is closed; on Linux and macOS it has
/// no name from the start, so that even a killed process leaves nothing behind.
/// </summary>
internal static class TemporaryFile
{
    private const string Prefix = "kubecheckpoint-";
    private const string Suffix = ".tmp";

    /// <summary>The folder for temporary files: TMPDIR, TEMP on Windows.</summary>
    public static string Folder => Path.GetTempPath();

    /// <summary>
    /// The files that processes have left which died in the moment between the creation of a file and the removal of its name, with their
    /// processes. Links, files of other users and everything else are left out: anyone may write to the folder.
    /// </summary>
    public static IEnumerable<(FileInfo File, OwnerProcess Owner)> FindLeft()
    {
        var options = new EnumerationOptions { IgnoreInaccessible = true };
        foreach (var file in new DirectoryInfo(Folder).EnumerateFiles($"{Prefix}*{Suffix}", options))
        {
            var token = file.Name[Prefix.Length..^Suffix.Length].Split('-')[0];
            if (OwnerProcess.Parse(token) is { } owner && RegularFile.IsOwn(file.FullName))
                yield return (file, owner);
        }
    }

    /// <summary>Creates a file, open for reading and writing.</summary>
    /// <exception cref="IOException">The folder is not writable.</exception>
    /// <exception cref="UnauthorizedAccessException">Access to the folder is denied.</exception>
    public static SafeFileHandle Create()
    {
        var path = Path.Combine(Folder, $"{Prefix}{OwnerProcess.Current.Token}-{Guid.NewGuid():n}{Suffix}");
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
