using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives.IO;

/// <summary>
/// Opens regular files, and nothing else: a FIFO would block, and a device would block or act. What was opened is looked at, not what had the name
/// before. In a folder that is not trusted no link is followed either, so that no name leads out of it; on Unix each part of a name is opened
/// relative to its parent, so that a folder that is exchanged for a link meanwhile is found too.
/// </summary>
internal static class RegularFile
{
    private const string NotRegular = "It is not a regular file.";

    /// <summary>Opens a file that the user named, to be read at any offset. Links are followed.</summary>
    /// <param name="path">The path.</param>
    /// <param name="share">What others may do with it meanwhile (Windows).</param>
    /// <exception cref="IOException">There is no such regular file, or it cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static SafeFileHandle Open(string path, FileShare share = FileShare.Read | FileShare.Delete) => OperatingSystem.IsWindows()
        ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, share, FileOptions.RandomAccess)
        : Checked(NativeFile.Open(NativeFile.CurrentFolder, path, NativeFile.Flags.NonBlocking));

    /// <summary>Opens a file that the user named, to be read from front to end. Links are followed.</summary>
    /// <inheritdoc cref="Open(string, FileShare)"/>
    public static FileStream OpenStream(string path, FileShare share = FileShare.Read | FileShare.Delete) =>
        new(Open(path, share), FileAccess.Read, bufferSize: 0);

    /// <summary>The bytes of a file that the user named. Links are followed.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="IOException">There is no such regular file, or it cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static byte[] ReadAll(string path)
    {
        using var file = OpenStream(path);
        var bytes = new byte[file.Length];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    /// <summary>Opens a file in a folder that is not trusted.</summary>
    /// <param name="folder">The folder. The user named it, so it may be a link or be reached through one.</param>
    /// <param name="name">The file's name in it, with <c>/</c> between its parts.</param>
    /// <exception cref="IOException">There is no such regular file, or it cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static SafeFileHandle Open(string folder, string name)
    {
        if (OperatingSystem.IsWindows())
            return OpenOnWindows(folder, name);
        var separator = name.LastIndexOf('/');
        using var parent = OpenFolder(folder, separator < 0 ? "" : name[..separator]);
        return Checked(NativeFile.Open(NativeFile.Number(parent), name[(separator + 1)..], NativeFile.Flags.NoFollow | NativeFile.Flags.NonBlocking));
    }

    /// <summary>Opens a folder in a folder that is not trusted (Unix).</summary>
    /// <param name="folder">The folder. The user named it, so it may be a link or be reached through one.</param>
    /// <param name="name">The name in it, with <c>/</c> between its parts; empty for the folder itself.</param>
    /// <exception cref="IOException">There is no such folder, or a link is in its place.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static SafeFileHandle OpenFolder(string folder, string name)
    {
        var parent = NativeFile.Open(NativeFile.CurrentFolder, folder, NativeFile.Flags.Directory);
        foreach (var part in name.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            using var above = parent;
            parent = NativeFile.Open(NativeFile.Number(above), part, NativeFile.Flags.Directory | NativeFile.Flags.NoFollow);
        }
        return parent;
    }

    /// <summary>Whether a path is a regular file, and no link to one. Where the system does not tell, everything is that is not a folder.</summary>
    /// <param name="path">The path.</param>
    public static bool Exists(string path)
    {
        if (!OperatingSystem.IsLinux())
            return File.Exists(path) && new FileInfo(path).LinkTarget is null;
        return NativeFile.StatusOf(path)?.IsRegular is true;
    }

    /// <summary>Whether a path is a regular file of the user of this process, and no link to one. The owner is only looked at on Linux.</summary>
    /// <param name="path">The path.</param>
    public static bool IsOwn(string path) => OperatingSystem.IsLinux()
        ? NativeFile.StatusOf(path) is { IsRegular: true } status && status.Owner == NativeFile.CurrentUser
        : Exists(path);

    private static SafeFileHandle Checked(SafeFileHandle file)
    {
        if (NativeFile.StatusOf(file) is null or { IsRegular: true })
            return file;
        file.Dispose();
        throw new IOException(NotRegular);
    }

    private static SafeFileHandle OpenOnWindows(string folder, string name)
    {
        var path = folder;
        foreach (var part in name.Split('/'))
        {
            path = Path.Combine(path, part);
            if (File.GetAttributes(path).HasFlag(FileAttributes.ReparsePoint))
                throw new IOException("It is a link.");
        }
        return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
    }
}
