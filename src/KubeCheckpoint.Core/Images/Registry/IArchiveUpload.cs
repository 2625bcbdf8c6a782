using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Registry;

/// <summary>The upload of an archive that arrives meanwhile. Disposing of it abandons what is not complete.</summary>
internal interface IArchiveUpload : IAsyncDisposable
{
    /// <summary>What receives the bytes; null where the upload has failed and is tried again after all bytes have arrived.</summary>
    /// <exception cref="KubeCheckpointException">The registry refuses the upload, in whatever way it is sent.</exception>
    public ArrivingBytes? Bytes { get; }

    /// <summary>Begins the upload of an archive. One of the same size that is under way is continued.</summary>
    public Task BeginAsync(string path, long size);

    /// <summary>Begins anew, from the archive's first byte.</summary>
    public Task RestartAsync();

    /// <summary>Completes when bytes are to arrive, and there is space for them, or when the upload has ended.</summary>
    public Task WaitAsync(CancellationToken cancellationToken);

    /// <summary>Completes the blob of a verified archive.</summary>
    /// <param name="sha256">The archive's sha256, 64 lower-case hexadecimal digits.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>False where bytes have to arrive again before.</returns>
    /// <exception cref="KubeCheckpointException">The failures of a registry.</exception>
    public Task<bool> CompleteAsync(string sha256, CancellationToken cancellationToken);
}
