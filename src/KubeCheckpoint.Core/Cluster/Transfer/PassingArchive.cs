using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>An archive that is read by this process only and must not outlive it: a file without a name.</summary>
/// <param name="files">The files, which the caller closes.</param>
/// <param name="name">The name among them.</param>
internal sealed class PassingArchive(UnnamedFiles files, string name) : IArchiveDestination
{
    public string Path => files[name].Path;

    public bool Exists => false;

    public Task<bool> IsAlreadyThereAsync(long size, string hash, CancellationToken cancellationToken) => Task.FromResult(false);

    public void CheckSpace(long size)
    {
        var needed = size - (files.Has(name) ? files[name].Length : 0);
        if (FreeSpace.AvailableAt(TemporaryFile.Folder) is { } available && available < needed)
            throw TransferFailure.DiskFull(TemporaryFile.Folder, needed, available);
    }

    public Task<PartialFile> OpenPartialAsync(long size, CancellationToken cancellationToken) =>
        PartialFile.OpenAsync(files[name].Share(), size, cancellationToken);

    public void Publish()
    {
        // Nothing changes: only this process knows the path.
    }

    public void DeletePartial() => files.Delete(name);

    /// <summary>Nothing is kept.</summary>
    public Task CheckManifestAsync(string manifest, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The manifest is in the pod that the archive is of, which this process knows.</summary>
    public Task WriteManifestAsync(string manifest, CancellationToken cancellationToken) => Task.CompletedTask;
}
