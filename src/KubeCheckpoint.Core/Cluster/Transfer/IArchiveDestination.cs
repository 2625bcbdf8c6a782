namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Where an archive is copied to.</summary>
internal interface IArchiveDestination : IAsyncDisposable
{
    /// <summary>The path that readers open the finished archive by.</summary>
    public string Path { get; }

    /// <summary>True if there is something of that name, which may be the archive.</summary>
    public bool Exists { get; }

    /// <summary>True if the archive is there already.</summary>
    /// <exception cref="KubeCheckpointException">DestinationExists: a different file exists, which may not be replaced.</exception>
    public Task<bool> IsAlreadyThereAsync(long size, string hash, CancellationToken cancellationToken);

    /// <exception cref="KubeCheckpointException">DiskFull.</exception>
    public void CheckSpace(long size);

    /// <summary>Opens what receives the archive, with what an earlier try has left in it.</summary>
    /// <exception cref="KubeCheckpointException">DestinationBusy: another process is writing the file.</exception>
    public Task<PartialFile> OpenPartialAsync(long size, CancellationToken cancellationToken);

    /// <summary>Gives the finished archive its name.</summary>
    public void Publish();

    /// <summary>Removes what has arrived.</summary>
    public void DeletePartial();

    /// <summary>Checks before the transfer that the pod's manifest can be written.</summary>
    public Task CheckManifestAsync(string manifest, CancellationToken cancellationToken);

    /// <summary>Keeps the pod's manifest beside the archive.</summary>
    public Task WriteManifestAsync(string manifest, CancellationToken cancellationToken);

    ValueTask IAsyncDisposable.DisposeAsync() => ValueTask.CompletedTask;
}
