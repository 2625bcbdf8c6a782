using System.Security.Cryptography;
using System.Text;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Summaries;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>The local files of an archive: the archive, its partial file, and the pod's manifest beside it.</summary>
internal sealed class LocalArchive(string path, bool overwrite) : IArchiveDestination
{
    private readonly string _partialPath = path + PartialFile.Suffix;

    public string Path { get; } = path;

    public bool Exists => System.IO.Path.Exists(Path);

    /// <summary>True if the file exists and is this archive.</summary>
    /// <exception cref="KubeCheckpointException">DestinationExists: a different file exists, which may not be replaced.</exception>
    public async Task<bool> IsAlreadyThereAsync(long size, string hash, CancellationToken cancellationToken)
    {
        var file = new FileInfo(Path);
        if (!file.Exists)
            return Directory.Exists(Path) ? throw ArchiveFailure.DestinationExists(Path, isFolder: true) : false;
        if (file.Length == size && await HashAsync(cancellationToken).ConfigureAwait(false) == hash)
            return true;
        return overwrite ? false : throw ArchiveFailure.DestinationExists(Path, isFolder: false);
    }

    /// <exception cref="KubeCheckpointException">DiskFull.</exception>
    public void CheckSpace(long size)
    {
        var partial = new FileInfo(_partialPath);
        var needed = size - (partial.Exists ? partial.Length : 0);
        if (FreeSpace.AvailableAt(Path) is not { } available || available >= needed)
            return;
        DeletePartial();
        throw TransferFailure.DiskFull(Path, needed, available);
    }

    /// <exception cref="KubeCheckpointException">DestinationBusy: another process is writing the file.</exception>
    public async Task<PartialFile> OpenPartialAsync(long size, CancellationToken cancellationToken)
    {
        try
        {
            return await PartialFile.OpenAsync(_partialPath, size, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception) when (!WholeFile.IsDiskFull(exception) && File.Exists(_partialPath))
        {
            throw TransferFailure.DestinationBusy(_partialPath, exception);
        }
    }

    public void Publish() => WholeFile.Publish(_partialPath, Path, overwrite);

    public void DeletePartial()
    {
        try
        {
            File.Delete(_partialPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The caller reports the failure that led here.
        }
    }

    /// <summary>
    /// Checks before the transfer that the pod's manifest can be written: another one of that name is replaced only where the user asked for it.
    /// </summary>
    /// <exception cref="KubeCheckpointException">DestinationExists or PodManifestNotReadable.</exception>
    public async Task CheckManifestAsync(string manifest, CancellationToken cancellationToken)
    {
        var final = PodManifestFile.PathFor(Path);
        if (Directory.Exists(final))
            throw ArchiveFailure.DestinationExists(final, isFolder: true);
        if (!overwrite && (File.Exists(final) || new FileInfo(final).LinkTarget is not null)
            && (await PodManifestFile.ReadAsync(Path, cancellationToken).ConfigureAwait(false))?.Json != manifest)
        {
            throw ArchiveFailure.DestinationExists(final, isFolder: false);
        }
    }

    /// <summary>Writes the pod's manifest beside the archive, completely or not at all.</summary>
    public async Task WriteManifestAsync(string manifest, CancellationToken cancellationToken)
    {
        var final = PodManifestFile.PathFor(Path);
        var temporary = $"{final}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}{PartialFile.Suffix}";
        try
        {
            await CheckManifestAsync(manifest, cancellationToken).ConfigureAwait(false);
            var stream = PartialFile.Create(temporary);
            await using (stream.ConfigureAwait(false))
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(manifest), cancellationToken).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }

            WholeFile.Publish(temporary, final, overwrite: true);
        }
        catch (Exception exception)
        {
            File.Delete(temporary);
            if (WholeFile.IsDiskFull(exception))
                throw TransferFailure.DiskFull(final, manifest.Length, exception);
            if (exception is IOException or UnauthorizedAccessException)
                throw ArchiveFailure.DestinationNotWritable(final, exception);
            throw;
        }
    }

    private async Task<string> HashAsync(CancellationToken cancellationToken)
    {
        try
        {
            var stream = RegularFile.OpenStream(Path);
            await using (stream.ConfigureAwait(false))
            {
                return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ArchiveFailure.DestinationNotWritable(Path, exception);
        }
    }
}
