using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Layers;

/// <summary>By what one sees that an archive was written to while it was read, or is another file than before.</summary>
/// <param name="Length">Its size in bytes; -1 where there is no file.</param>
/// <param name="ModifiedAt">When it was last written to.</param>
/// <param name="CreatedAt">When it was made, which tells files of one name apart as an inode does; on a file system without such a time one of the others.</param>
internal sealed record ArchiveStamp(long Length, DateTime ModifiedAt, DateTime CreatedAt)
{
    public static ArchiveStamp Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new ArchiveStamp(file.Length, file.LastWriteTimeUtc, file.CreationTimeUtc) : new ArchiveStamp(-1, default, default);
    }

    public void ThrowIfChanged(string path)
    {
        if (Of(path) != this)
            throw ImageFailure.ArchiveChangedWhileReading(path);
    }
}
