using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives.IO;

/// <summary>
/// A folder that files are written into. On Linux they are created and renamed in the folder that was opened, so that nobody who exchanges it, or
/// one that it is in, for a link can redirect them. Elsewhere they are created by its path.
/// </summary>
internal sealed class WritableFolder : IDisposable
{
    private const string OpenFiles = "/proc/self/fd";

    private static readonly bool IsHeld = OperatingSystem.IsLinux() && Directory.Exists(OpenFiles);

    private readonly SafeFileHandle? _handle;

    private WritableFolder(string path, SafeFileHandle? handle)
    {
        Path = path;
        _handle = handle;
    }

    /// <summary>The path, for messages and results.</summary>
    public string Path { get; }

    /// <summary>The path to write through.</summary>
    public string Access => _handle is null ? Path : $"{OpenFiles}/{NativeFile.Number(_handle)}";

    /// <summary>Opens a folder, and creates it with its parents where it does not exist. The user named it, so it may be a link.</summary>
    /// <exception cref="IOException">It cannot be created, or a file has its name.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static WritableFolder Make(string path)
    {
        PrivateFolder.Make(path);
        return new(path, IsHeld ? Open(NativeFile.CurrentFolder, path, 0) : null);
    }

    /// <summary>Opens a folder in this one, and creates it where it does not exist.</summary>
    /// <param name="name">Its name, without a separator.</param>
    /// <exception cref="IOException">It is a link or a file, or cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public WritableFolder MakeWithin(string name)
    {
        var path = System.IO.Path.Combine(Path, name);
        if (_handle is null)
        {
            MakeByPath(path, name);
            return new(path, null);
        }
        try
        {
            return new(path, OpenWithin(name));
        }
        catch (FileNotFoundException)
        {
            PrivateFolder.Make(System.IO.Path.Combine(Access, name));
            return new(path, OpenWithin(name));
        }
        catch (IOException exception) when (new FileInfo(System.IO.Path.Combine(Access, name)).LinkTarget is not null)
        {
            throw new IOException($"'{path}' is a link.", exception);
        }
    }

    /// <summary>The failure for an exception that occurred while writing a file in this folder.</summary>
    /// <param name="path">What the user named.</param>
    /// <param name="exception">The exception, whose message may contain the path that is written through.</param>
    public KubeCheckpointException FailureOf(string path, Exception exception) =>
        WholeFile.IsDiskFull(exception) || !exception.Message.Contains(Access, StringComparison.Ordinal)
            ? WholeFile.FailureOf(path, exception)
            : WholeFile.FailureOf(path, new IOException(exception.Message.Replace(Access, Path, StringComparison.Ordinal), exception));

    public void Dispose() => _handle?.Dispose();

    private void MakeByPath(string path, string name)
    {
        if (new DirectoryInfo(path).LinkTarget is not null)
            throw new IOException($"'{path}' is a link.");
        PrivateFolder.Make(path);
        if (!OperatingSystem.IsWindows())
            RegularFile.OpenFolder(Path, name).Dispose();
    }

    private SafeFileHandle OpenWithin(string name) => Open(NativeFile.Number(_handle!), name, NativeFile.Flags.NoFollow);

    private static SafeFileHandle Open(int folder, string name, int flags) =>
        NativeFile.Open(folder, name, NativeFile.Flags.Directory | NativeFile.OpenFlags.PathOnly | flags);
}
