using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>An archive that is read by this process only and must not outlive it: a file without a name.</summary>
/// <param name="files">The files, which the caller closes.</param>
/// <param name="name">The name among them.</param>
/// <param name="keepsPages">False to leave out the pages of processes, which nobody will read.</param>
internal sealed class PassingArchive(UnnamedFiles files, string name, bool keepsPages = true) : IArchiveDestination
{
    private PartialFile? _withoutPages;

    public string Path => files[name].Path;

    public bool Exists => false;

    public Task<bool> IsAlreadyThereAsync(long size, string hash, CancellationToken cancellationToken) => Task.FromResult(false);

    public void CheckSpace(long size)
    {
        // How much of it pages are is not known yet: writing fails where the rest does not fit.
        if (!keepsPages)
            return;
        var needed = size - (files.Has(name) ? files[name].Length : 0);
        if (FreeSpace.AvailableAt(TemporaryFile.Folder) is { } available && available < needed)
            throw TransferFailure.DiskFull(TemporaryFile.Folder, needed, available);
    }

    public Task<PartialFile> OpenPartialAsync(long size, CancellationToken cancellationToken)
    {
        if (keepsPages)
            return PartialFile.OpenAsync(files[name].Share(), size, cancellationToken);
        _withoutPages ??= PartialFile.OpenWithoutPages(files[name]);
        if (_withoutPages.Length > size)
            _withoutPages.Restart();
        return Task.FromResult(_withoutPages);
    }

    public void Publish()
    {
        // Nothing changes: only this process knows the path.
    }

    public void DeletePartial()
    {
        _withoutPages = null;
        files.Delete(name);
    }

    /// <summary>Nothing is kept.</summary>
    public Task CheckManifestAsync(string manifest, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The manifest is in the pod that the archive is of, which this process knows.</summary>
    public Task WriteManifestAsync(string manifest, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _withoutPages?.CloseAsync() ?? ValueTask.CompletedTask;
}
