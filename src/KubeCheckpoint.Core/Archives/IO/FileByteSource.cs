using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives.IO;

/// <summary>A local file.</summary>
internal sealed class FileByteSource : IByteSource
{
    private readonly SafeFileHandle _handle;
    private readonly IReadOnlyList<OmittedRange> _omitted = [];

    /// <summary>Takes ownership of an open file.</summary>
    public FileByteSource(string path, SafeFileHandle handle, long length)
    {
        Path = path;
        _handle = handle;
        Length = length;
    }

    private FileByteSource(string path, UnnamedFile unnamed)
        : this(path, unnamed.Share(), unnamed.Length) => _omitted = unnamed.Omitted;

    public string Path { get; }

    public long Length { get; }

    public static FileByteSource Open(string path)
    {
        if (UnnamedFiles.Find(path) is { } unnamed)
            return new FileByteSource(path, unnamed);
        try
        {
            var handle = RegularFile.Open(path);
            return new FileByteSource(path, handle, RandomAccess.GetLength(handle));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Failure(path, exception);
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        foreach (var range in _omitted)
        {
            if (offset < range.End && offset + buffer.Length > range.Start)
                throw ArchiveFailure.PagesNotKept(Path, range.Member);
        }
        try
        {
            return RandomAccess.Read(_handle, buffer, offset);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure(Path, exception);
        }
    }

    // What was left out is no range of zeros.
    public (long Start, long End) FindHole(long offset) => _omitted.Count > 0 ? (Length, Length) : FileHoles.Find(_handle, offset, Length);

    public void Dispose() => _handle.Dispose();

    private static KubeCheckpointException Failure(string path, Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => ArchiveFailure.ArchiveNotFound(path, exception),
        _ when Directory.Exists(path) => ArchiveFailure.NotAnArchive(path, "it is a folder", FileKinds.Of(path), exception),
        _ => ArchiveFailure.ArchiveNotReadable(path, exception),
    };
}
