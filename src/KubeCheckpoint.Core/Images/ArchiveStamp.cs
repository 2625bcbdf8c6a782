namespace KubeCheckpoint.Images;

/// <summary>By what one sees that an archive was written to while it was read.</summary>
internal sealed record ArchiveStamp(long Length, DateTime ModifiedAt)
{
    public static ArchiveStamp Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new ArchiveStamp(file.Length, file.LastWriteTimeUtc) : new ArchiveStamp(-1, default);
    }

    public void ThrowIfChanged(string path)
    {
        if (Of(path) != this)
            throw ImageFailure.ArchiveChangedWhileReading(path);
    }
}
