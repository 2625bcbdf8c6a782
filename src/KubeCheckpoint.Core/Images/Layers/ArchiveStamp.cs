using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Layers;

/// <summary>The state of an archive's file, which shows whether it was changed or replaced.</summary>
/// <param name="Length">The size in bytes; -1 where the file does not exist.</param>
/// <param name="ModifiedAt">When it was last modified.</param>
/// <param name="CreatedAt">
/// When it was created, which distinguishes files of the same name as an inode does; on a file system without that time, another time.
/// </param>
internal sealed record ArchiveStamp(long Length, DateTime ModifiedAt, DateTime CreatedAt)
{
    public static ArchiveStamp Of(string path)
    {
        if (UnnamedFiles.Find(path) is { } unnamed)
            return new ArchiveStamp(unnamed.Length, unnamed.CreatedAt, unnamed.CreatedAt);
        var file = new FileInfo(path);
        return file.Exists ? new ArchiveStamp(file.Length, file.LastWriteTimeUtc, file.CreationTimeUtc) : new ArchiveStamp(-1, default, default);
    }

    public void ThrowIfChanged(string path)
    {
        if (Of(path) != this)
            throw LayerFailure.ArchiveChangedWhileReading(path);
    }
}
