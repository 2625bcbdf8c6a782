using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>The tar of a compressed archive in a <see cref="TemporaryFile"/>.</summary>
internal static class SpillFile
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Decompresses an archive.</summary>
    /// <exception cref="KubeCheckpointException">ArchiveTruncated, ArchiveDamaged or SpillFailed.</exception>
    public static IByteSource Write(ArchiveFile archive, CancellationToken cancellationToken)
    {
        var file = Create(archive.Path);
        try
        {
            using var tar = archive.OpenTar();
            var buffer = new byte[BufferSize];
            var asked = 0L;
            var target = new SparseFile(file);
            var length = 0L;
            while (tar.Read(buffer) is var count and > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Append(archive.Path, target, buffer.AsSpan(0, count), length, ref asked);
                length += count;
            }
            target.Finish(length);
            return new FileByteSource(archive.Path, file, length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Microsoft.Win32.SafeHandles.SafeFileHandle Create(string archivePath)
    {
        try
        {
            return TemporaryFile.Create();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ArchiveFailure.SpillFailed(archivePath, TemporaryFile.Folder, exception);
        }
    }

    private static void Append(string archivePath, SparseFile file, ReadOnlySpan<byte> bytes, long offset, ref long asked)
    {
        try
        {
            if (file.Written >= asked)
                asked = FreeSpace.RequireStep(TemporaryFile.Folder, file.Written);
            file.Write(bytes, offset);
        }
        catch (IOException exception)
        {
            throw ArchiveFailure.SpillFailed(archivePath, TemporaryFile.Folder, exception);
        }
    }
}
